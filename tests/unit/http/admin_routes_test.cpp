#include "http/admin_routes.hpp"

#include <gtest/gtest.h>
#include <boost/asio/thread_pool.hpp>
#include <boost/json.hpp>

#include <thread>

#include "http_fakes.hpp"

namespace delivery::http {
namespace {

using tests::make_request;

class fixed_health final : public health_source {
public:
    awaitable<std::vector<health_check>> check() override { co_return checks; }
    std::vector<health_check> checks{{.name = "store"}, {.name = "bus"}};
};

class admin : public testing::Test {
protected:
    response get(std::string_view target) {
        return tests::answer_of(context, routes, make_request("GET", target));
    }

    fixed_health health_;
    boost::asio::io_context context;
    boost::asio::thread_pool pool{1};
    std::thread::id rendered_on;
    router routes{admin_routes(
        health_,
        [this] {
            rendered_on = std::this_thread::get_id();
            return std::string("up 1\n");
        },
        pool.get_executor())};
};

TEST_F(admin, is_alive) {
    EXPECT_EQ(get("/livez").status, 200U);
    EXPECT_EQ(get("/livez").body, R"({"status":"ok"})");
}

TEST_F(admin, is_ready_unless_something_is_unavailable) {
    EXPECT_EQ(get("/readyz").status, 200U);
    EXPECT_EQ(get("/readyz").body,
              R"({"status":"ok","checks":{"store":{"status":"ok"},"bus":{"status":"ok"}}})");

    health_.checks[1] = {.name = "bus", .state = health::degraded, .detail = "no \"broker\""};
    const auto degraded = get("/readyz");
    EXPECT_EQ(degraded.status, 200U);
    EXPECT_EQ(boost::json::parse(degraded.body), boost::json::parse(R"({"status":"degraded","checks":{
        "store":{"status":"ok"},"bus":{"status":"degraded","detail":"no \"broker\""}}})"));

    health_.checks[0] = {.name = "store", .state = health::unavailable, .detail = "gone"};
    const auto unavailable = get("/readyz");
    EXPECT_EQ(unavailable.status, 503U);
    EXPECT_EQ(boost::json::parse(unavailable.body).at("status").as_string(), "unavailable");
}

TEST_F(admin, renders_metrics_off_the_reactor) {
    const auto answer = get("/metrics");
    EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(answer.body, "up 1\n");
    EXPECT_NE(rendered_on, std::this_thread::get_id());
}

}  // namespace
}  // namespace delivery::http
