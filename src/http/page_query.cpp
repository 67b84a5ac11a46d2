#include "http/page_query.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "http/cursor.hpp"
#include "http/percent.hpp"

namespace delivery::http {
namespace {

using fault = std::unexpected<std::string>;

/// Gives a parameter's decoded value to `page`; what is wrong with it, if anything.
std::optional<std::string> set_parameter(ports::page_request& page, std::string_view name,
                                         const std::string& value) {
    if (name == "status") {
        page.status = domain::parse_status(value);
        if (!page.status) return "The status is not one of RECEIVED, IN_TRANSIT, DELIVERED";
    } else if (name == "limit") {
        const auto* end = value.data() + value.size();
        const auto [stopped, error] = std::from_chars(value.data(), end, page.limit);
        if (error != std::errc{} || stopped != end || page.limit < 1 || page.limit > page_limit_max) {
            return "The limit is not a whole number from 1 to 100";
        }
    } else {
        page.after = decode_cursor(value);
        if (!page.after) return "The cursor is not one that this service made";
    }
    return std::nullopt;
}

bool is_known(std::string_view name) { return name == "status" || name == "limit" || name == "cursor"; }

}  // namespace

std::expected<ports::page_request, std::string> parse_page_query(std::string_view query) {
    ports::page_request page{.status = {}, .after = {}, .limit = page_limit_default};
    std::vector<std::string> seen;
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto equals = std::min(pair.find('='), pair.size());
        const auto name = percent_decode(pair.substr(0, equals));
        const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) return fault("The query is not properly percent-encoded");
        if (!is_known(*name)) continue;
        if (std::ranges::find(seen, *name) != seen.end())
            return fault("The " + *name + " is given more than once");
        seen.push_back(*name);
        if (auto wrong = set_parameter(page, *name, *value)) return fault(std::move(*wrong));
    }
    return page;
}

}  // namespace delivery::http
