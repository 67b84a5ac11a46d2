#include "support/openapi_contract.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include <boost/algorithm/string.hpp>
#include <boost/json.hpp>

#include "support/json_schema.hpp"

namespace delivery::tests {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> method_names{"get", "post", "put", "patch", "delete", "trace"};

std::string plain_path(std::string_view target) {
    auto path = target.substr(0, target.find('?'));
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return std::string(path);
}

bool matches(std::string_view path_template, const std::string& path) {
    std::vector<std::string> expected;
    std::vector<std::string> actual;
    boost::split(expected, path_template, [](char c) { return c == '/'; });
    boost::split(actual, path, [](char c) { return c == '/'; });
    return std::ranges::equal(expected, actual, [](const std::string& part, const std::string& text) {
        return part.starts_with('{') ? !text.empty() : part == text;
    });
}

std::optional<std::string> find_header(const http_exchange& exchange, std::string_view name) {
    for (const auto& [key, value] : exchange.headers) {
        if (boost::iequals(key, name)) return value;
    }
    return std::nullopt;
}

std::string media_type(std::string_view content_type) {
    return boost::to_lower_copy(
        boost::trim_copy(std::string(content_type.substr(0, content_type.find(';')))));
}

bool is_json(std::string_view type) { return type == "application/json" || type.ends_with("+json"); }

const json::value* find_response(const json::object& responses, int status) {
    const auto code = std::to_string(status);
    if (const auto* exact = responses.if_contains(code)) return exact;
    return responses.if_contains(code.substr(0, 1) + "XX");
}

void append(std::vector<std::string>& faults, const std::string& where,
            const std::vector<std::string>& more) {
    for (const auto& fault : more) faults.push_back(where + ": " + fault);
}

}  // namespace

class openapi_contract::checker {
public:
    explicit checker(std::string_view text)
        : document_(json::parse(text)), schemas_(document_), paths_(document_.at("paths").as_object()) {}

    const json::object& paths() const { return paths_; }

    std::vector<std::string> check(const http_exchange& exchange) const {
        const auto* response = find_response(responses_for(exchange), exchange.status);
        if (response == nullptr)
            return {"status " + std::to_string(exchange.status) + " is not in the contract"};
        const auto& declared = schemas_.resolve(*response).as_object();
        std::vector<std::string> faults;
        check_headers(declared, exchange, faults);
        check_content(declared, exchange, faults);
        return faults;
    }

    void check_examples(const std::string& where, const json::value& response,
                        std::vector<std::string>& faults) const {
        const auto* content = schemas_.resolve(response).as_object().if_contains("content");
        if (content == nullptr) return;
        for (const auto& [type, media] : content->as_object()) {
            if (const auto* example = media.as_object().if_contains("example")) {
                append(faults, where, schemas_.faults(media.at("schema"), *example));
            }
            const auto* examples = media.as_object().if_contains("examples");
            if (examples == nullptr) continue;
            for (const auto& [name, example] : examples->as_object()) {
                append(faults, where + " " + std::string(name),
                       schemas_.faults(media.at("schema"), example.at("value")));
            }
        }
    }

private:
    const json::object& responses_for(const http_exchange& exchange) const {
        const auto& unmatched = document_.at("x-unmatched-requests");
        const auto* item = find_path(plain_path(exchange.target));
        if (item == nullptr) return unmatched.at("no_such_path").as_object();
        if (exchange.method == "OPTIONS") return unmatched.at("options").as_object();
        const auto method = exchange.method == "HEAD" ? "get" : boost::to_lower_copy(exchange.method);
        const auto* operation = item->if_contains(method);
        if (operation == nullptr) return unmatched.at("no_such_method").as_object();
        return operation->at("responses").as_object();
    }

    const json::object* find_path(const std::string& path) const {
        if (const auto* literal = paths_.if_contains(path)) return &literal->as_object();
        const auto found =
            std::ranges::find_if(paths_, [&](const auto& item) { return matches(item.key(), path); });
        return found == paths_.end() ? nullptr : &found->value().as_object();
    }

    void check_headers(const json::object& response, const http_exchange& exchange,
                       std::vector<std::string>& faults) const {
        const auto* headers = response.if_contains("headers");
        if (headers == nullptr) return;
        for (const auto& [name, reference] : headers->as_object()) {
            const auto& header = schemas_.resolve(reference).as_object();
            const auto* required = header.if_contains("required");
            if (const auto value = find_header(exchange, name)) {
                append(faults, "header " + std::string(name),
                       schemas_.faults(header.at("schema"), json::value(*value)));
            } else if (required != nullptr && required->as_bool()) {
                faults.push_back("header " + std::string(name) + ": missing");
            }
        }
    }

    void check_content(const json::object& response, const http_exchange& exchange,
                       std::vector<std::string>& faults) const {
        const auto* content = response.if_contains("content");
        if (content == nullptr || exchange.method == "HEAD") {
            if (!exchange.body.empty()) faults.push_back("body: there must be none");
        }
        if (content == nullptr) return;
        const auto type = media_type(find_header(exchange, "Content-Type").value_or(""));
        const auto* media = content->as_object().if_contains(type);
        if (media == nullptr) {
            faults.push_back("media type '" + type + "' is not in the contract");
        } else if (is_json(type) && exchange.method != "HEAD") {
            check_json(media->at("schema"), exchange, faults);
        }
    }

    void check_json(const json::value& schema, const http_exchange& exchange,
                    std::vector<std::string>& faults) const {
        boost::system::error_code error;
        const auto body = json::parse(exchange.body, error);
        if (error) {
            faults.push_back("body: not JSON: " + error.message());
        } else {
            append(faults, "body", schemas_.faults(schema, body));
        }
    }

    json::value document_;
    json_schemas schemas_;
    const json::object& paths_;
};

openapi_contract openapi_contract::load() {
    const std::string path = DELIVERY_BINARY_DIR "/docs_assets/openapi.json";
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    return openapi_contract(std::string(std::istreambuf_iterator<char>(in), {}));
}

openapi_contract::openapi_contract(std::string_view json_text)
    : checker_(std::make_unique<checker>(json_text)) {}
openapi_contract::openapi_contract(openapi_contract&&) noexcept = default;
openapi_contract::~openapi_contract() = default;

std::vector<contract_operation> openapi_contract::operations() const {
    std::vector<contract_operation> operations;
    for (const auto& [path, item] : checker_->paths()) {
        for (const auto& [method, operation] : item.as_object()) {
            if (std::ranges::find(method_names, std::string_view(method)) == method_names.end()) continue;
            contract_operation listed{.method = boost::to_upper_copy(std::string(method)),
                                      .path = std::string(path),
                                      .statuses = {}};
            for (const auto& response : operation.at("responses").as_object()) {
                listed.statuses.emplace_back(response.key());
            }
            operations.push_back(std::move(listed));
        }
    }
    return operations;
}

std::vector<std::string> openapi_contract::faults(const http_exchange& exchange) const {
    std::vector<std::string> faults;
    append(faults, exchange.method + " " + exchange.target, checker_->check(exchange));
    return faults;
}

std::vector<std::string> openapi_contract::example_faults() const {
    std::vector<std::string> faults;
    for (const auto& [method, path, statuses] : operations()) {
        const auto name = method + " " + path;
        const auto& operation = checker_->paths().at(path).at(boost::to_lower_copy(method)).as_object();
        if (const auto* body = operation.if_contains("requestBody")) {
            checker_->check_examples(name + " request", *body, faults);
        }
        for (const auto& [status, response] : operation.at("responses").as_object()) {
            checker_->check_examples(name + " " + std::string(status), response, faults);
        }
    }
    return faults;
}

}  // namespace delivery::tests
