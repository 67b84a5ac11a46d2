// Input: an id, a time or a status.

#include <algorithm>

#include "domain/status.hpp"
#include "domain/timestamp.hpp"
#include "domain/uuid.hpp"
#include "fuzz/targets.hpp"
#include "http/message.hpp"

namespace delivery::fuzz {

void try_identifiers(std::string_view bytes) {
    if (const auto id = domain::uuid::parse(bytes)) {
        require(http::equals_ignoring_case(id->to_string(), bytes), "an id is written as it was read");
    }
    if (const auto status = domain::parse_status(bytes)) {
        require(to_string(*status) == bytes, "a status is written as it was read");
    }
    if (const auto time = domain::parse_rfc3339(bytes)) {
        const auto text = domain::to_rfc3339(*time);
        require(domain::parse_rfc3339(text) == time, "a time is written as it was read");
        const auto digits = std::min(bytes.size(), text.size()) - 1;
        require(text.substr(0, digits).starts_with(bytes.substr(0, std::min<std::size_t>(digits, 19))),
                "a time keeps its digits");
    }
}

}  // namespace delivery::fuzz
