#include "http/docs_routes.hpp"

#include "http/conditional.hpp"
#include "http/docs_pages.hpp"
#include "http/percent.hpp"
#include "http/problem.hpp"

namespace delivery::http {
namespace {

response no_page_answer(const request& request) {
    return to_response(
        {.kind = problem_kind::not_found, .detail = "There is nothing at " + sanitize_path(request.path())},
        request);
}

response page_answer(const request& request, const docs_page& page) {
    const bool is_compressed =
        !page.gzip_body.empty() && accepts_gzip(request.headers.find("Accept-Encoding").value_or(""));
    const auto etag = is_compressed ? page.gzip_etag : page.etag;
    const auto known = request.headers.find("If-None-Match");
    response answer;
    answer.add("ETag", etag);
    answer.add("Cache-Control", "no-cache");
    if (!page.gzip_body.empty()) answer.add("Vary", "Accept-Encoding");
    if (known && matches_etag(*known, etag)) {
        answer.status = 304;
        return answer;
    }
    answer.content_type = page.content_type;
    answer.static_body = is_compressed ? page.gzip_body : page.body;
    if (is_compressed) answer.add("Content-Encoding", "gzip");
    answer.add("Content-Security-Policy", docs_security_policy);
    answer.add("Referrer-Policy", "no-referrer");
    return answer;
}

awaitable<response> get_page(request& request, std::string path) {
    const auto page = find_docs_page(path);
    co_return page ? page_answer(request, *page) : no_page_answer(request);
}

awaitable<response> get_root(request&) {
    response answer;
    answer.status = 302;
    answer.add("Location", "/docs");
    co_return answer;
}

route_handler page_at(std::string path) {
    return [path = std::move(path)](request& request) { return get_page(request, path); };
}

}  // namespace

std::vector<route> docs_routes() {
    return {
        {"GET", "/", get_root},
        {"GET", "/docs", page_at("/docs")},
        {"GET", "/docs/{asset}",
         [](request& request) { return get_page(request, "/docs/" + request.parameter); }},
        {"GET", "/openapi.json", page_at("/openapi.json")},
        {"GET", "/openapi.yaml", page_at("/openapi.yaml")},
    };
}

}  // namespace delivery::http
