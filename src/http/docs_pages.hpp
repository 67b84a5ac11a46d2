#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace delivery::http {

/// A file of the reference, built into the binary; the views live as long as the process.
struct docs_page {
    std::string_view content_type;
    std::string_view body;
    /// The same body, gzip-compressed, for clients that accept it; empty where it would not pay. An answer
    /// that chose between the two carries "Vary: Accept-Encoding".
    std::string_view gzip_body;
    /// A quoted strong ETag, from the content's hash, and the one of the compressed body.
    std::string_view etag;
    std::string_view gzip_etag;
};

/// The page at a path as the router sees it (no query, no trailing slash), or nothing: /docs and its files,
/// /openapi.json and /openapi.yaml.
std::optional<docs_page> find_docs_page(std::string_view path);

/// Every path that find_docs_page() knows.
std::span<const std::string_view> docs_paths();

/// The Content-Security-Policy to send with every page: nothing from any other host, no inline script.
/// Swagger UI sets styles on elements and draws its icons from data URIs, so these two are allowed.
inline constexpr std::string_view docs_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace delivery::http
