#pragma once

#include <string_view>

namespace delivery::http {

/// Whether an If-None-Match, a list or `*`, names an entity tag, compared weakly (RFC 9110, section 13.1.2).
[[nodiscard]] bool matches_etag(std::string_view if_none_match, std::string_view etag);

/// Whether an Accept-Encoding lets an answer be compressed with gzip.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace delivery::http
