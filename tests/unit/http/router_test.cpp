#include "http/router.hpp"

#include <gtest/gtest.h>

#include "http_fakes.hpp"

namespace delivery::http {
namespace {

using tests::make_request;

awaitable<response> nothing(request&) { co_return response{}; }

class routing : public testing::Test {
protected:
    router routes{{
        {"POST", "/orders", nothing},
        {"GET", "/orders", nothing},
        {"GET", "/orders/{order_id}", nothing},
        {"GET", "/orders/{order_id}/events", nothing},
        {"GET", "/", nothing},
    }};
};

TEST_F(routing, finds_routes_and_parameters) {
    struct {
        std::string_view method, target, path_template, parameter;
    } const cases[] = {
        {"GET", "/", "/", ""},
        {"POST", "/orders", "/orders", ""},
        {"POST", "/orders/", "/orders", ""},
        {"GET", "/orders?limit=1", "/orders", ""},
        {"GET", "/orders/?limit=1", "/orders", ""},
        {"HEAD", "/orders", "/orders", ""},
        {"GET", "/%6frders", "/orders", ""},
        {"GET", "/orders/abc", "/orders/{order_id}", "abc"},
        {"GET", "/orders/abc/", "/orders/{order_id}", "abc"},
        {"GET", "/orders/a%20b", "/orders/{order_id}", "a b"},
        {"GET", "/orders/a%2Fb", "/orders/{order_id}", "a%2Fb"},
        {"GET", "/orders/abc/events", "/orders/{order_id}/events", "abc"},
        {"GET", "/orders/abc/events/", "/orders/{order_id}/events", "abc"},
    };
    for (const auto& [method, target, path_template, parameter] : cases) {
        auto request = make_request(method, target);
        const auto match = routes.find(request);
        ASSERT_NE(match.found, nullptr) << target;
        EXPECT_EQ(match.found->path, path_template) << target;
        EXPECT_EQ(match.path_template, path_template) << target;
        EXPECT_EQ(request.parameter, parameter) << target;
        EXPECT_EQ(match.found->method, method == "HEAD" ? "GET" : method);
    }
}

TEST_F(routing, answers_404_405_and_400_itself) {
    struct {
        std::string_view method, target;
        unsigned status;
    } const cases[] = {
        {"GET", "/order", 404},
        {"GET", "/orders//", 404},
        {"GET", "//orders", 404},
        {"GET", "/orders/a/b", 404},
        {"GET", "/orders/a/events/b", 404},
        {"GET", "/Orders", 404},
        {"OPTIONS", "/order", 404},
        {"GET", "/orders/../orders", 404},
        {"DELETE", "/orders", 405},
        {"POST", "/orders/a", 405},
        {"get", "/orders", 405},
        {"GET", "/orders/%", 400},
        {"GET", "/%zz", 400},
    };
    for (const auto& [method, target, status] : cases) {
        auto request = make_request(method, target);
        const auto match = routes.find(request);
        EXPECT_EQ(match.found, nullptr) << target;
        ASSERT_TRUE(match.answer) << target;
        EXPECT_EQ(match.answer->status, status) << method << " " << target;
        EXPECT_EQ(match.answer->content_type, "application/problem+json");
    }
}

TEST_F(routing, lists_allowed_methods) {
    auto options = make_request("OPTIONS", "/orders");
    EXPECT_EQ(routes.find(options).answer->status, 204U);
    EXPECT_EQ(routes.find(options).answer->find("Allow"), "POST, GET, HEAD, OPTIONS");
    auto refused = make_request("PUT", "/orders/abc");
    EXPECT_EQ(routes.find(refused).answer->find("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(routes.find(refused).path_template, "/orders/{order_id}");
    auto everything = make_request("OPTIONS", "*");
    EXPECT_EQ(routes.find(everything).answer->status, 204U);
}

}  // namespace
}  // namespace delivery::http
