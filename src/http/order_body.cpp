#include "http/order_body.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>

#include "domain/order_text.hpp"
#include "http/surrogates.hpp"

namespace delivery::http {
namespace {

namespace json = boost::json;
using boost::system::error_code;

constexpr std::size_t depth_max = 32;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string describe(const error_code& error, std::size_t offset) {
    if (error == json::error::too_deep) return fmt::format("The body is nested more than {} deep", depth_max);
    if (error == json::error::incomplete) return "The body is not valid JSON: it ends too early";
    return fmt::format("The body is not valid JSON: {} at byte {}", error.message(), offset);
}

/// One parse, into memory that the caller lends.
class body_parser {
public:
    /// What the constructor is given serves the parser alone; the value takes what `reset` names.
    body_parser(const json::storage_ptr& storage, bool allow_surrogates)
        : parser_(storage, options(allow_surrogates), buffer_.data(), buffer_.size()) {
        parser_.reset(storage);
    }

    /// Nothing, or what is wrong at which byte.
    error_code parse(std::string_view text) {
        error_code error;
        offset_ = parser_.write(text.data(), text.size(), error);
        return error;
    }
    [[nodiscard]] std::size_t offset() const { return offset_; }
    json::value release() { return parser_.release(); }

private:
    static json::parse_options options(bool allow_surrogates) {
        json::parse_options result;
        result.max_depth = depth_max;
        result.allow_invalid_utf8 = allow_surrogates;
        return result;
    }

    std::array<unsigned char, 1024> buffer_;
    json::parser parser_;
    std::size_t offset_ = 0;
};

void check_field(const json::object& object, std::string_view name, std::size_t maximum, std::string& into,
                 std::vector<body_fault>& faults) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) {
        faults.push_back({std::string(name), "Field required"});
    } else if (!value->is_string()) {
        faults.push_back({std::string(name), "Input should be a valid string"});
    } else {
        into = std::string_view(value->get_string());
        if (auto fault = domain::find_text_fault(into, maximum))
            faults.push_back({std::string(name), *fault});
    }
}

problem invalid(std::vector<body_fault> faults) {
    const auto count = faults.size();
    return {.kind = problem_kind::validation_error,
            .detail = fmt::format("The order has {} {}", count, count == 1 ? "fault" : "faults"),
            .faults = std::move(faults)};
}

problem malformed(std::string detail) {
    return {.kind = problem_kind::bad_request, .detail = std::move(detail)};
}

std::expected<order_body, problem> validate(const json::value& value) {
    if (!value.is_object()) return std::unexpected(invalid({{"", "Input should be an object"}}));
    order_body result;
    std::vector<body_fault> faults;
    const auto& object = value.get_object();
    check_field(object, "customer_name", domain::customer_name_max, result.customer_name, faults);
    check_field(object, "address", domain::address_max, result.address, faults);
    if (!faults.empty()) return std::unexpected(invalid(std::move(faults)));
    return result;
}

}  // namespace

std::expected<order_body, problem> parse_order_body(std::string_view body) {
    if (body.empty()) return std::unexpected(invalid({{"", "Field required"}}));
    if (body.starts_with(byte_order_mark)) {
        return std::unexpected(malformed("The body is not valid JSON: it begins with a byte order mark"));
    }
    std::array<unsigned char, 4096> memory;
    json::monotonic_resource resource(memory.data(), memory.size());
    body_parser strict(&resource, false);
    const auto error = strict.parse(body);
    if (!error) return validate(strict.release());
    if (!domain::is_utf8(body))
        return std::unexpected(malformed("The body is not valid JSON: it is not UTF-8"));

    // Boost.JSON refuses escaped lone surrogates. They are well-formed JSON that is no Unicode text: a fault
    // of the field that holds them.
    const auto spelt_out = spell_out_lone_surrogates(body);
    if (spelt_out == body) return std::unexpected(malformed(describe(error, strict.offset())));
    body_parser lenient(&resource, true);
    const auto other_error = lenient.parse(spelt_out);
    if (other_error) return std::unexpected(malformed(describe(other_error, lenient.offset())));
    return validate(lenient.release());
}

}  // namespace delivery::http
