#include "http/docs_pages.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "embedded/delivery_http.hpp"

namespace delivery::http {
namespace {

struct route {
    std::string_view path;
    std::string_view file;
    std::string_view content_type;
};

constexpr std::array routes{
    route{"/docs", "index.html", "text/html; charset=utf-8"},
    route{"/docs/init.js", "init.js", "text/javascript; charset=utf-8"},
    route{"/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
    route{"/docs/swagger-ui.css", "swagger-ui.css", "text/css; charset=utf-8"},
    route{"/openapi.json", "openapi.json", "application/json"},
    route{"/openapi.yaml", "openapi.yaml", "application/yaml"},
};

struct entry {
    std::string_view path;
    docs_page page;
    std::string etag;
    std::string gzip_etag;
};

const docs::embedded_file* find_file(std::string_view name) {
    const auto files = docs::embedded_files();
    const auto found = std::ranges::find(files, name, &docs::embedded_file::name);
    return found == files.end() ? nullptr : &*found;
}

// 128 bits of the hash are plenty, and keep the header short.
std::string quoted_etag(std::string_view sha256) { return '"' + std::string(sha256.substr(0, 32)) + '"'; }

std::vector<entry> load_entries() {
    std::vector<entry> entries;
    for (const auto& [path, name, content_type] : routes) {
        const auto* file = find_file(name);
        if (file == nullptr) throw std::logic_error("not embedded: " + std::string(name));
        const auto* compressed = find_file(std::string(name) + ".gz");
        entries.push_back({
            .path = path,
            .page = {.content_type = content_type,
                     .body = file->bytes,
                     .gzip_body = compressed ? compressed->bytes : std::string_view{},
                     .etag = {},
                     .gzip_etag = {}},
            .etag = quoted_etag(file->sha256),
            .gzip_etag = compressed ? quoted_etag(compressed->sha256) : std::string{},
        });
    }
    return entries;
}

}  // namespace

std::optional<docs_page> find_docs_page(std::string_view path) {
    static const std::vector<entry> entries = load_entries();
    const auto found = std::ranges::find(entries, path, &entry::path);
    if (found == entries.end()) return std::nullopt;
    docs_page page = found->page;
    page.etag = found->etag;
    page.gzip_etag = found->gzip_etag;
    return page;
}

std::span<const std::string_view> docs_paths() {
    static constexpr auto paths = [] {
        std::array<std::string_view, routes.size()> all;
        std::ranges::transform(routes, all.begin(), &route::path);
        return all;
    }();
    return paths;
}

}  // namespace delivery::http
