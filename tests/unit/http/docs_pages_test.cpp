#include "http/docs_pages.hpp"

#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <zlib.h>
#include <boost/json.hpp>

namespace delivery::http {
namespace {

std::string gunzip(std::string_view compressed) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
    std::string input(compressed);
    std::string output(8 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    output.resize(stream.total_out);
    inflateEnd(&stream);
    return output;
}

std::string body_of(std::string_view path) {
    const auto page = find_docs_page(path);
    EXPECT_TRUE(page.has_value()) << path;
    return page ? std::string(page->body) : std::string();
}

TEST(docs_pages, have_their_content_types) {
    const std::pair<std::string_view, std::string_view> expected[] = {
        {"/docs", "text/html; charset=utf-8"},
        {"/docs/init.js", "text/javascript; charset=utf-8"},
        {"/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
        {"/docs/swagger-ui.css", "text/css; charset=utf-8"},
        {"/openapi.json", "application/json"},
        {"/openapi.yaml", "application/yaml"},
    };
    EXPECT_EQ(docs_paths().size(), std::size(expected));
    for (const auto& [path, content_type] : expected) {
        const auto page = find_docs_page(path);
        ASSERT_TRUE(page) << path;
        EXPECT_EQ(page->content_type, content_type) << path;
        EXPECT_FALSE(page->body.empty()) << path;
    }
}

TEST(docs_pages, are_found_by_their_whole_path_only) {
    for (const auto* path :
         {"", "/", "/docs/", "/docs/index.html", "/docs/swagger-ui.css.gz", "/openapi", "docs"}) {
        EXPECT_FALSE(find_docs_page(path)) << path;
    }
    for (const auto path : docs_paths()) EXPECT_TRUE(find_docs_page(path)) << path;
}

TEST(docs_pages, compress_what_is_large_and_only_that) {
    for (const auto path : docs_paths()) {
        const auto page = find_docs_page(path);
        if (page->body.size() < 4096) {
            EXPECT_TRUE(page->gzip_body.empty()) << path;
            EXPECT_TRUE(page->gzip_etag.empty()) << path;
            continue;
        }
        EXPECT_LT(page->gzip_body.size(), page->body.size() / 2) << path;
        EXPECT_TRUE(gunzip(page->gzip_body) == page->body) << path;
    }
}

TEST(docs_pages, have_etags_that_tell_every_body_apart) {
    const std::regex strong_etag(R"re("[0-9a-f]{32}")re");
    std::set<std::string_view> seen;
    for (const auto path : docs_paths()) {
        const auto page = find_docs_page(path);
        for (const auto etag : {page->etag, page->gzip_etag}) {
            if (etag.empty()) continue;
            EXPECT_TRUE(std::regex_match(std::string(etag), strong_etag)) << path << ' ' << etag;
            EXPECT_TRUE(seen.insert(etag).second) << path;
        }
    }
}

TEST(docs_pages, load_nothing_but_our_own_files) {
    const auto page = body_of("/docs");
    const std::regex reference(R"re((?:src|href)="([^"]*)")re");
    std::set<std::string> loaded;
    for (std::sregex_iterator it(page.begin(), page.end(), reference), end; it != end; ++it) {
        const auto target = (*it)[1].str();
        if (target == "data:,") continue;
        EXPECT_TRUE(find_docs_page(target)) << target;
        loaded.insert(target);
    }
    EXPECT_EQ(loaded.size(), 4U);
    const auto init = body_of("/docs/init.js");
    EXPECT_NE(init.find("\"/openapi.json\""), std::string::npos);
    for (const auto& text : {page, init}) EXPECT_EQ(text.find("://"), std::string::npos);
}

TEST(docs_pages, have_no_inline_script_so_that_the_policy_can_forbid_it) {
    const auto page = body_of("/docs");
    const std::regex inline_script(R"re(<script(?![^>]*\bsrc=)|\son[a-z]+=|javascript:)re");
    EXPECT_FALSE(std::regex_search(page, inline_script));
    EXPECT_NE(docs_security_policy.find("script-src 'self';"), std::string_view::npos);
}

TEST(docs_pages, give_the_contract_as_json_with_its_types_kept) {
    const auto contract = boost::json::parse(body_of("/openapi.json"));
    EXPECT_EQ(contract.at("openapi"), "3.1.0");
    const auto& create = contract.at("paths").at("/orders").at("post");
    EXPECT_TRUE(create.at("requestBody").at("required").as_bool());
    EXPECT_TRUE(create.at("responses").as_object().contains("422"));
    const auto& schemas = contract.at("components").at("schemas");
    EXPECT_EQ(schemas.at("new_order").at("properties").at("customer_name").at("maxLength").as_int64(), 200);
    const auto& replayed = create.at("responses").at("201").at("headers").at("Idempotent-Replayed");
    EXPECT_EQ(replayed.at("schema").at("const"), "true");
    const boost::json::value string_or_null{"string", "null"};
    EXPECT_EQ(schemas.at("order_page").at("properties").at("next_cursor").at("type"), string_or_null);
}

}  // namespace
}  // namespace delivery::http
