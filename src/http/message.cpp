#include "http/message.hpp"

#include <algorithm>

namespace delivery::http {
namespace {

constexpr std::string_view line_end = "\r\n";
/// What an answer's own header lines take, as a rule.
constexpr std::size_t fields_reserved = 160;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::ranges::equal(a, b, {}, lower, lower);
}

void header_list::clear() {
    text_.clear();
    entries_.clear();
}

void header_list::add(std::string_view name, std::string_view value) {
    entries_.push_back({.offset = static_cast<std::uint32_t>(text_.size()),
                        .name_size = static_cast<std::uint32_t>(name.size()),
                        .value_size = static_cast<std::uint32_t>(value.size())});
    text_.append(name).append(value);
}

std::optional<std::string_view> header_list::find(std::string_view name) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (equals_ignoring_case(this->name(i), name)) return value(i);
    }
    return std::nullopt;
}

std::size_t header_list::count(std::string_view name) const {
    std::size_t result = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i)
        result += equals_ignoring_case(this->name(i), name) ? 1U : 0U;
    return result;
}

std::string_view header_list::name(std::size_t index) const {
    const auto& entry = entries_[index];
    return std::string_view(text_).substr(entry.offset, entry.name_size);
}

std::string_view header_list::value(std::size_t index) const {
    const auto& entry = entries_[index];
    return std::string_view(text_).substr(entry.offset + entry.name_size, entry.value_size);
}

std::string_view request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view request::query() const {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

void request::clear() {
    method.clear();
    target.clear();
    version = 11;
    headers.clear();
    body.clear();
    request_id.clear();
    traceparent.clear();
    parameter.clear();
}

void response::add(std::string_view name, std::string_view value) {
    if (has_control(value)) return;
    if (fields.empty()) fields.reserve(fields_reserved);
    fields.append(name).append(": ").append(value).append(line_end);
}

std::optional<std::string_view> response::find(std::string_view name) const {
    std::string_view rest = fields;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find(line_end));
        rest.remove_prefix(line.size() + line_end.size());
        const auto colon = line.find(": ");
        if (equals_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
    }
    return std::nullopt;
}

}  // namespace delivery::http
