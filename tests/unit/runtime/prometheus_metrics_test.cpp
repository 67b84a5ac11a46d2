#include "runtime/prometheus_metrics.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/process_metrics.hpp"
#include "support/metrics_text.hpp"

namespace delivery::runtime {
namespace {

using namespace std::chrono_literals;
using testing::ContainerEq;
using testing::HasSubstr;
using testing::Not;

const build_information build{"1.2.3", "abcdef"};

using tests::golden_families;
using tests::metric_families;
using tests::parse_families;

metric_families exported_by(role_set roles) {
    return parse_families(prometheus_metrics(roles, build, {}).render());
}

TEST(Metrics, EachRoleExportsItsOwnFromTheFirstScrape) {
    EXPECT_THAT(exported_by({role::api}), ContainerEq(golden_families({"api"})));
    EXPECT_THAT(exported_by({role::relay}), ContainerEq(golden_families({"relay"})));
    EXPECT_THAT(exported_by({role::worker}), ContainerEq(golden_families({"worker"})));
    EXPECT_THAT(exported_by(all_roles), ContainerEq(golden_families({"api", "relay", "worker"})));
}

TEST(Metrics, KnownLabelsAreThereWithZero) {
    const prometheus_metrics metrics(all_roles, build, {});
    const auto text = metrics.render();
    for (const auto* line :
         {"delivery_order_transitions_total{from=\"RECEIVED\",to=\"IN_TRANSIT\"} 0\n",
          "delivery_order_transitions_total{from=\"IN_TRANSIT\",to=\"DELIVERED\"} 0\n",
          "delivery_worker_messages_total{result=\"advanced\"} 0\n",
          "delivery_worker_messages_total{result=\"dead_lettered\"} 0\n",
          "delivery_store_duration_seconds_count{operation=\"create\"} 0\n",
          "delivery_store_duration_seconds_count{operation=\"ping\"} 0\n",
          "delivery_http_requests_total{method=\"POST\",route=\"/orders\",status=\"201\"} 0\n",
          "delivery_orders_created_total 0\n", "delivery_outbox_pending 0\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
    EXPECT_THAT(text, testing::ContainsRegex("delivery_build_info.*version=\"1.2.3\".* 1"));
}

TEST(Metrics, CountWhatHappened) {
    prometheus_metrics metrics(all_roles, build, [] { return std::uint64_t{17}; });
    metrics.order_created();
    metrics.order_advanced(domain::status::received, domain::status::in_transit);
    metrics.order_advanced(domain::status::delivered, domain::status::received);
    metrics.order_reached(domain::status::in_transit, 1200ms);
    metrics.published(3);
    metrics.publish_failed(2);
    metrics.outbox_depth(41, 1500ms);
    metrics.message_handled(ports::message_result::stale, -5ms);
    metrics.message_handled(ports::message_result::stale, 200ms);
    metrics.dead_lettered();
    metrics.store_batch(64);
    metrics.store_called(ports::store_operation::find, 3ms);
    metrics.store_retried();
    metrics.audited(ports::audit_result{.orders = {{domain::status::delivered, 7}},
                                        .violations = 2,
                                        .took = 2500ms,
                                        .ended_at = domain::timestamp(9s)});
    const auto text = metrics.render();
    for (const auto* line : {"delivery_audit_orders{status=\"DELIVERED\"} 7\n",
                             "delivery_audit_orders{status=\"RECEIVED\"} 0\n",
                             "delivery_order_age_seconds_bucket{status=\"IN_TRANSIT\",le=\"1\"} 0\n",
                             "delivery_order_age_seconds_bucket{status=\"IN_TRANSIT\",le=\"2.5\"} 1\n",
                             "delivery_audit_violations 2\n",
                             "delivery_audit_duration_seconds 2.5\n",
                             "delivery_audit_last_success_timestamp_seconds 9\n",
                             "delivery_orders_created_total 1\n",
                             "{from=\"RECEIVED\",to=\"IN_TRANSIT\"} 1\n",
                             "{from=\"IN_TRANSIT\",to=\"DELIVERED\"} 0\n",
                             "delivery_outbox_published_total 3\n",
                             "delivery_publish_failures_total 2\n",
                             "delivery_outbox_pending 41\n",
                             "delivery_outbox_oldest_age_seconds 1.5\n",
                             "delivery_worker_messages_total{result=\"stale\"} 2\n",
                             "delivery_worker_lag_seconds_count 2\n",
                             "delivery_worker_lag_seconds_sum 0.2",
                             "delivery_dead_letters_total 1\n",
                             "delivery_store_batch_size_bucket{le=\"32\"} 0\n",
                             "delivery_store_batch_size_bucket{le=\"64\"} 1\n",
                             "delivery_store_duration_seconds_bucket{operation=\"find\",le=\"0.005\"} 1\n",
                             "delivery_store_retries_total 1\n",
                             "delivery_log_lines_dropped_total 17\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(Metrics, WhatAnotherRoleCountsIsIgnored) {
    prometheus_metrics metrics({role::relay}, build, {});
    const auto before = parse_families(metrics.render());
    metrics.order_created();
    metrics.order_advanced(domain::status::received, domain::status::in_transit);
    metrics.message_handled(ports::message_result::advanced, 1ms);
    metrics.dead_lettered();
    metrics.request_started();
    metrics.request_finished("GET", "/livez", 200, 1ms);
    EXPECT_THAT(parse_families(metrics.render()), ContainerEq(before));
    EXPECT_THAT(metrics.render(), Not(HasSubstr("/livez")));
}

TEST(HttpMetrics, CountByMethodRouteAndStatus) {
    prometheus_metrics metrics({role::api}, build, {});
    metrics.request_started();
    metrics.request_started();
    EXPECT_THAT(metrics.render(), HasSubstr("delivery_http_requests_in_flight 2\n"));
    metrics.request_finished("GET", "/orders/{order_id}", 404, 700us);
    metrics.request_finished("BREW", "unmatched", 42, 20s);
    const auto text = metrics.render();
    EXPECT_THAT(text, HasSubstr("delivery_http_requests_in_flight 0\n"));
    EXPECT_THAT(text, HasSubstr("{method=\"GET\",route=\"/orders/{order_id}\",status=\"404\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{method=\"other\",route=\"unmatched\",status=\"other\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("_bucket{method=\"GET\",route=\"/orders/{order_id}\",le=\"0.0005\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("_bucket{method=\"GET\",route=\"/orders/{order_id}\",le=\"0.001\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("_bucket{method=\"other\",route=\"unmatched\",le=\"10\"} 0\n"));
}

TEST(HttpMetrics, SeriesAreBoundedWhateverComes) {
    prometheus_metrics metrics({role::api}, build, {});
    for (int i = 0; i < 1000; ++i) metrics.request_finished("GET", "/made/up/" + std::to_string(i), 200, 1ms);
    const auto text = metrics.render();
    EXPECT_THAT(text, HasSubstr("/made/up/5\""));
    EXPECT_THAT(text, Not(HasSubstr("/made/up/500\"")));
    EXPECT_THAT(
        text, HasSubstr("delivery_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"200\"} 9"));
}

TEST(HttpMetrics, CountRightFromManyThreads) {
    prometheus_metrics metrics({role::api}, build, {});
    constexpr int threads = 4;
    constexpr int each = 2000;
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < threads; ++i) {
            callers.emplace_back([&] {
                for (int n = 0; n < each; ++n) {
                    metrics.request_started();
                    metrics.request_finished("PUT", "/orders", 200U + static_cast<unsigned>(n) % 50, 1ms);
                }
            });
        }
        for (int i = 0; i < 20; ++i) EXPECT_FALSE(metrics.render().empty());
    }
    const auto text = metrics.render();
    EXPECT_THAT(text, HasSubstr("{method=\"PUT\",route=\"/orders\",status=\"249\"} 160\n"));
    EXPECT_THAT(text, HasSubstr("_count{method=\"PUT\",route=\"/orders\"} 8000\n"));
}

TEST(ProcessMetrics, ReadTheKernelsFigures) {
    const auto figures = parse_process_stat(
        "42 (a (b) c) S 1 42 42 0 -1 4194304 1 2 3 4 11 22 33 44 20 0 1 0 5555 1048576 256 "
        "18446744073709551615");
    EXPECT_EQ(figures.cpu_ticks, 33U);
    EXPECT_EQ(figures.start_ticks, 5555U);
    EXPECT_EQ(figures.virtual_bytes, 1048576U);
    EXPECT_EQ(figures.resident_pages, 256U);
    EXPECT_EQ(parse_process_stat("").resident_pages, 0U);
    for (const auto& family : collect_process_metrics()) {
        EXPECT_GE(family.metric.front().gauge.value, 0) << family.name;
    }
}

TEST(Metrics, PromtoolFindsNothingToComplainAbout) {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
    for (const auto roles : {role_set{role::api}, role_set{role::relay}, role_set{role::worker}, all_roles}) {
        const prometheus_metrics metrics(roles, build, {});
        char path[] = "/tmp/delivery-metrics-XXXXXX";
        close(mkstemp(path));
        std::ofstream(path) << metrics.render();
        const auto command = "promtool check metrics < " + std::string(path) + " >&2";
        EXPECT_EQ(std::system(command.c_str()), 0);
        unlink(path);
    }
}

}  // namespace
}  // namespace delivery::runtime
