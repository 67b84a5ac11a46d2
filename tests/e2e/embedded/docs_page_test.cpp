#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/child.hpp"
#include "support/http_client.hpp"
#include "support/service.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

// What the reference looks like in Chromium, once an order was made from it.
boost::json::value read_in_browser(int port) {
    const temp_folder home;
    const auto result = run_command(
        {"/usr/bin/env", "node", std::string(DELIVERY_SOURCE_DIR) + "/tests/browser/docs_page.mjs",
         std::string(DELIVERY_BINARY_DIR) + "/tests/browser", "http://127.0.0.1:" + std::to_string(port),
         home / "profile"},
        2min, {{"HOME", home.path().string()}, {"TMPDIR", home.path().string()}});
    if (result.status != exit_status{.code = 0, .signal = 0}) throw std::runtime_error(result.errors);
    return boost::json::parse(result.output);
}

std::size_t count_operations(const boost::json::value& contract) {
    std::size_t count = 0;
    for (const auto& [path, operations] : contract.at("paths").as_object()) {
        for (const char* method : {"get", "post", "put", "patch", "delete", "head", "options"}) {
            if (operations.as_object().contains(method)) ++count;
        }
    }
    return count;
}

TEST(docs_page, renders_in_a_browser_and_creates_an_order_with_nothing_from_elsewhere) {
    const temp_folder folder;
    service delivery(folder.path(), {"run"});
    const int port = delivery.port();

    const auto page = read_in_browser(port);

    EXPECT_EQ(page.at("problems"), boost::json::array{});
    EXPECT_TRUE(text_at(page, "title").starts_with("Delivery")) << page;
    EXPECT_EQ(page.at("operations").to_number<std::size_t>(),
              count_operations(http_request(port, "GET", "/openapi.json").json()));
    EXPECT_EQ(text_at(page, "status"), "201");
    const auto id = text_at(page.at("order"), "id");
    EXPECT_NE(text_at(page, "shown").find(id), std::string::npos) << page;
    const auto stored = http_request(port, "GET", "/orders/" + id);
    ASSERT_EQ(stored.status, 200) << stored.body;
    EXPECT_EQ(text_at(stored.json(), "customer_name"), text_at(page.at("order"), "customer_name"));
}

}  // namespace
}  // namespace delivery::tests
