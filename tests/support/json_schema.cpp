#include "support/json_schema.hpp"

#include <map>
#include <stdexcept>
#include <string_view>

#include <boost/json.hpp>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace delivery::tests {
namespace {

namespace json = boost::json;
using adapter = valijson::adapters::BoostJsonAdapter;
using schema_list = std::vector<const json::object*>;

// A schema's own object and, through references and compositions, all that apply to the same value.
void flatten(const json_schemas& schemas, const json::value& schema, schema_list& flat) {
    const auto* object = schema.if_object();
    if (object == nullptr) return;
    if (object->contains("$ref")) flatten(schemas, schemas.resolve(schema), flat);
    flat.push_back(object);
    for (const std::string_view composition : {"allOf", "oneOf", "anyOf"}) {
        const auto* parts = object->if_contains(composition);
        if (parts == nullptr) continue;
        for (const auto& part : parts->as_array()) flatten(schemas, part, flat);
    }
}

class undeclared_members {
public:
    undeclared_members(const json_schemas& schemas, std::vector<std::string>& faults)
        : schemas_(schemas), faults_(faults) {}

    void check(const schema_list& schema, const json::value& value, const std::string& where) {
        if (const auto* object = value.if_object()) {
            for (const auto& member : *object) check_member(schema, member, where);
        } else if (const auto* array = value.if_array()) {
            const auto items =
                parts(schema, [](const json::object& part) { return part.if_contains("items"); });
            for (const auto& element : *array) check(items, element, where + "[]");
        }
    }

private:
    void check_member(const schema_list& schema, const json::key_value_pair& member,
                      const std::string& where) {
        const auto path = where + '.' + std::string(member.key());
        bool closed = false;
        auto declared = parts(schema, [&](const json::object& part) -> const json::value* {
            const auto* properties = part.if_contains("properties");
            closed = closed || properties != nullptr;
            const auto* own = properties ? properties->as_object().if_contains(member.key()) : nullptr;
            return own ? own : part.if_contains("additionalProperties");
        });
        if (declared.empty() && closed && !found_) faults_.push_back(path + ": not in the contract");
        check(declared, member.value(), path);
    }

    template <class Select>
    schema_list parts(const schema_list& schema, const Select& select) {
        schema_list selected;
        found_ = false;
        for (const auto* part : schema) {
            if (const auto* found = select(*part)) {
                found_ = true;
                flatten(schemas_, *found, selected);
            }
        }
        return selected;
    }

    const json_schemas& schemas_;
    std::vector<std::string>& faults_;
    bool found_ = false;
};

std::string join(const std::vector<std::string>& context) {
    std::string joined;
    for (const auto& part : context) joined += part;
    return joined;
}

}  // namespace

// Compiled schemas by their text. Each is compiled inside a document that holds the components, because the
// validator looks references up from the root of what it was given.
class json_schemas::compiled {
public:
    explicit compiled(const json::value& document) {
        if (const auto* components = document.as_object().if_contains("components"))
            components_ = *components;
    }

    const valijson::Schema& find(const json::value& schema) {
        auto& compiled = by_text_[json::serialize(schema)];
        if (!compiled) {
            const json::value root{{"allOf", json::array{schema}}, {"components", components_}};
            compiled = std::make_unique<valijson::Schema>();
            valijson::SchemaParser().populateSchema(adapter(root), *compiled);
        }
        return *compiled;
    }

private:
    json::value components_;
    std::map<std::string, std::unique_ptr<valijson::Schema>> by_text_;
};

json_schemas::json_schemas(const json::value& document)
    : document_(document), compiled_(std::make_unique<compiled>(document)) {}

json_schemas::~json_schemas() = default;

std::vector<std::string> json_schemas::faults(const json::value& schema, const json::value& value) const {
    std::vector<std::string> faults;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    if (!validator.validate(compiled_->find(schema), adapter(value), &results)) {
        valijson::ValidationResults::Error error;
        while (results.popError(error)) faults.push_back(join(error.context) + ": " + error.description);
    }
    schema_list flat;
    flatten(*this, schema, flat);
    undeclared_members(*this, faults).check(flat, value, "<root>");
    return faults;
}

const json::value& json_schemas::resolve(const json::value& value) const {
    const auto* object = value.if_object();
    const auto* reference = object ? object->if_contains("$ref") : nullptr;
    if (reference == nullptr)
        return value;  // NOLINT(bugprone-return-const-ref-from-parameter): within the document
    const std::string_view text = reference->as_string();
    if (!text.starts_with("#/")) throw std::runtime_error("not a local reference: " + std::string(text));
    return resolve(document_.at_pointer(text.substr(1)));
}

}  // namespace delivery::tests
