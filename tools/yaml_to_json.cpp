// yaml_to_json <in.yaml> <out.json>: a build step, so that the service itself need not read YAML.
// Quoted scalars stay strings; plain ones become what YAML 1.2's core schema says. Sequence of keys is kept.

#include <charconv>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <yaml-cpp/yaml.h>
#include <boost/json.hpp>

namespace {

namespace json = boost::json;

template <class Number>
std::optional<Number> whole_number(const std::string& text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

json::value plain_scalar(const std::string& text) {
    if (text.empty() || text == "null" || text == "Null" || text == "NULL" || text == "~") return nullptr;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (const auto integer = whole_number<std::int64_t>(text)) return *integer;
    // "inf" and "nan" are numbers to from_chars and words to YAML.
    const bool numeric = text.find_first_of("0123456789") != std::string::npos;
    if (const auto real = whole_number<double>(text); real && numeric) return *real;
    return json::string{text};
}

json::value to_json(const YAML::Node& node);

json::value to_object(const YAML::Node& node) {
    json::object object;
    for (const auto& member : node) {
        const auto& key = member.first.Scalar();
        if (object.contains(key)) {
            throw std::runtime_error("line " + std::to_string(member.first.Mark().line + 1) + ": key '" +
                                     key + "' is given twice");
        }
        object.emplace(key, to_json(member.second));
    }
    return object;
}

json::value to_json(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Map: return to_object(node);
        case YAML::NodeType::Sequence: {
            json::array array;
            for (const auto& element : node) array.push_back(to_json(element));
            return array;
        }
        case YAML::NodeType::Scalar:
            return node.Tag() == "?" ? plain_scalar(node.Scalar()) : json::value(node.Scalar());
        default: return nullptr;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: yaml_to_json <in.yaml> <out.json>\n";
        return 2;
    }
    try {
        const auto text = json::serialize(to_json(YAML::LoadFile(argv[1])));
        std::ofstream out(argv[2], std::ios::binary);
        out << text << '\n';
        out.close();
        if (!out) throw std::runtime_error(std::string("cannot write ") + argv[2]);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << argv[1] << ": " << error.what() << '\n';
        return 1;
    }
}
