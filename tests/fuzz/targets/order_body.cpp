// Input: the body of POST /orders.

#include <boost/json/parse.hpp>

#include "domain/order_text.hpp"
#include "fuzz/targets.hpp"
#include "http/json_text.hpp"
#include "http/order_body.hpp"
#include "http/surrogates.hpp"

namespace delivery::fuzz {
namespace {

namespace json = boost::json;

std::string write(const http::order_body& body) {
    std::string text = R"({"customer_name":)";
    http::append_json_string(text, body.customer_name);
    text += R"(,"address":)";
    http::append_json_string(text, body.address);
    return text + "}";
}

void check_accepted(const http::order_body& body) {
    require(!domain::find_text_fault(body.customer_name, domain::customer_name_max) &&
                !domain::find_text_fault(body.address, domain::address_max),
            "what is accepted is valid");
    const auto text = write(body);
    require_json(text, "an accepted order");
    const auto again = http::parse_order_body(text);
    require(again && again->customer_name == body.customer_name && again->address == body.address,
            "an accepted order reads the same again");
}

void check_refused(const http::problem& problem) {
    const auto answer = to_response(problem, {});
    require_json(answer.body, "the answer to a refused body");
    require(answer.status == 400 || answer.status == 422, "a refused body is the client's fault");
    if (problem.kind != http::problem_kind::validation_error) return;
    require(!problem.faults.empty(), "a validation error names what is at fault");
    for (const auto& fault : problem.faults) {
        require(fault.field.empty() || fault.field == "customer_name" || fault.field == "address",
                "a fault names a field");
        require(!fault.detail.empty(), "a fault says what is wrong");
    }
}

/// What a plain reading says: whether the text is JSON at all, and whether both fields are what they should
/// be.
void check_against_plain_reading(std::string_view bytes,
                                 const std::expected<http::order_body, http::problem>& read) {
    boost::system::error_code error;
    const auto value = json::parse({bytes.data(), bytes.size()}, error);
    if (error) return;
    require(read || read.error().kind == http::problem_kind::validation_error,
            "JSON is not called malformed");
    const auto holds = [&](std::string_view name, std::size_t maximum) {
        const auto* object = value.if_object();
        const auto* member = object == nullptr ? nullptr : object->if_contains(name);
        return member != nullptr && member->is_string() &&
               !domain::find_text_fault(std::string_view(member->get_string()), maximum);
    };
    const bool is_order =
        holds("customer_name", domain::customer_name_max) && holds("address", domain::address_max);
    require(read.has_value() == is_order, "an order is accepted, and nothing else");
}

}  // namespace

void try_order_body(std::string_view bytes) {
    const auto read = http::parse_order_body(bytes);
    if (read) {
        check_accepted(*read);
    } else {
        check_refused(read.error());
    }
    check_against_plain_reading(bytes, read);
    const auto spelt_out = http::spell_out_lone_surrogates(bytes);
    require(spelt_out.size() <= bytes.size(), "spelling out only shortens");
    require(http::spell_out_lone_surrogates(spelt_out) == spelt_out, "spelling out is done at once");
}

}  // namespace delivery::fuzz
