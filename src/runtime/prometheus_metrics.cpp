#include "runtime/prometheus_metrics.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include <prometheus/text_serializer.h>

#include "domain/flow.hpp"
#include "runtime/http_families.hpp"
#include "runtime/process_metrics.hpp"

namespace delivery::runtime {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

constexpr std::array store_operations{
    ports::store_operation::create,       ports::store_operation::find,
    ports::store_operation::history,      ports::store_operation::list,
    ports::store_operation::take_steps,   ports::store_operation::take_due_timers,
    ports::store_operation::pending,      ports::store_operation::settle,
    ports::store_operation::renew_leases, ports::store_operation::redrive,
    ports::store_operation::depth,        ports::store_operation::purge,
    ports::store_operation::ping};

constexpr std::array message_results{ports::message_result::advanced, ports::message_result::scheduled,
                                     ports::message_result::stale, ports::message_result::dead_lettered};

/// Milliseconds while all is well, minutes after an outage.
const Histogram::BucketBoundaries lag_buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                              0.5,   1,      2.5,   5,    10,    30,   60,  300};
/// From an order without durations to one that waited for a day.
const Histogram::BucketBoundaries age_buckets{0.01, 0.025, 0.05, 0.1, 0.25, 0.5,  1,     2.5,   5,    10,
                                              30,   60,    300,  900, 3600, 7200, 21600, 43200, 86400};
const Histogram::BucketBoundaries batch_buckets{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

Family<Counter>& counters(Registry& registry, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Gauge& gauge(Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

Family<Histogram>& histograms(Registry& registry, const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

template <typename Duration>
double to_seconds(Duration length) {
    return std::max(std::chrono::duration<double>(length).count(), 0.0);
}

/// What an API process adds.
struct api_families {
    explicit api_families(Registry& registry)
        : http(registry),
          orders_created(
              counters(registry, "delivery_orders_created_total", "Orders that were stored.").Add({})) {}

    http_families http;
    Counter& orders_created;
};

struct relay_families {
    explicit relay_families(Registry& registry)
        : pending(gauge(registry, "delivery_outbox_pending",
                        "Events that wait to be published, in the shards that this relay leases.")),
          oldest_age(gauge(registry, "delivery_outbox_oldest_age_seconds",
                           "Age of the oldest event that waits to be published, in this relay's shards.")),
          published(
              counters(registry, "delivery_outbox_published_total", "Events that the bus has confirmed.")
                  .Add({})),
          failures(counters(registry, "delivery_publish_failures_total",
                            "Attempts to publish an event that the bus did not confirm.")
                       .Add({})),
          audit_violations(
              gauge(registry, "delivery_audit_violations",
                    "What the last audit found wrong. One relay at a time audits; the others say 0.")),
          audit_duration(
              gauge(registry, "delivery_audit_duration_seconds", "Time that the last audit took.")),
          audited_at(gauge(registry, "delivery_audit_last_success_timestamp_seconds",
                           "When the last audit ended; 0: this relay has made none, or audits no longer.")) {
        auto& family = prometheus::BuildGauge()
                           .Name("delivery_audit_orders")
                           .Help("Orders that the last audit looked at, by status.")
                           .Register(registry);
        for (const auto status : domain::all_statuses()) {
            audited_orders[status] = &family.Add({{"status", std::string(to_string(status))}});
        }
    }

    Gauge& pending;
    Gauge& oldest_age;
    Counter& published;
    Counter& failures;
    Gauge& audit_violations;
    Gauge& audit_duration;
    Gauge& audited_at;
    std::map<domain::status, Gauge*> audited_orders;
};

struct worker_families {
    explicit worker_families(Registry& registry)
        : lag(histograms(registry, "delivery_worker_lag_seconds",
                         "Time from an event to the end of its handling.")
                  .Add({}, lag_buckets)),
          dead_letters(
              counters(registry, "delivery_dead_letters_total", "Messages set aside as hopeless.").Add({})),
          steps(domain::all_statuses().size() * domain::all_statuses().size()) {
        auto& reached =
            histograms(registry, "delivery_order_age_seconds", "Age of an order when it came to a status.");
        for (const auto& step : domain::all_steps()) {
            ages[step.to] = &reached.Add({{"status", std::string(to_string(step.to))}}, age_buckets);
        }
        auto& transitions = counters(
            registry, "delivery_order_transitions_total",
            "Changes of an order's status. A timer's step whose commit was not answered is missing.");
        for (const auto& step : domain::all_steps()) {
            transition(step.from, step.to) = &transitions.Add(
                {{"from", std::string(to_string(step.from))}, {"to", std::string(to_string(step.to))}});
        }
        auto& handled = counters(registry, "delivery_worker_messages_total",
                                 "Messages that were handled, by what became of them.");
        for (const auto result : message_results) {
            messages.at(static_cast<std::size_t>(result)) =
                &handled.Add({{"result", std::string(to_string(result))}});
        }
    }

    /// Nothing where the step is not a legal one.
    Counter*& transition(domain::status from, domain::status to) {
        return steps.at(static_cast<std::size_t>(from) * domain::all_statuses().size() +
                        static_cast<std::size_t>(to));
    }

    Histogram& lag;
    Counter& dead_letters;
    std::vector<Counter*> steps;
    std::map<domain::status, Histogram*> ages;
    std::array<Counter*, message_results.size()> messages{};
};

struct store_families {
    explicit store_families(Registry& registry)
        : batches(histograms(registry, "delivery_store_batch_size", "Items that share one transaction.")
                      .Add({}, batch_buckets)),
          retries(counters(registry, "delivery_store_retries_total", "Store calls that were tried again.")
                      .Add({})) {
        auto& family =
            histograms(registry, "delivery_store_duration_seconds", "Time that a store call takes.");
        for (const auto operation : store_operations) {
            durations.at(static_cast<std::size_t>(operation)) =
                &family.Add({{"operation", std::string(to_string(operation))}}, latency_buckets());
        }
    }

    Histogram& batches;
    Counter& retries;
    std::array<Histogram*, store_operations.size()> durations{};
};

}  // namespace

struct prometheus_metrics::state {
    state(role_set roles, const build_information& build, std::function<std::uint64_t()> dropped)
        : store(registry), dropped_log_lines(std::move(dropped)) {
        if (roles.has(role::api)) api.emplace(registry);
        if (roles.has(role::relay)) relay.emplace(registry);
        if (roles.has(role::worker)) worker.emplace(registry);
        prometheus::BuildGauge()
            .Name("delivery_build_info")
            .Help("Always 1; its labels say what is running.")
            .Register(registry)
            .Add({{"version", build.version}, {"revision", build.revision}})
            .Set(1);
    }

    Registry registry;
    store_families store;
    std::optional<api_families> api;
    std::optional<relay_families> relay;
    std::optional<worker_families> worker;
    std::function<std::uint64_t()> dropped_log_lines;
};

prometheus_metrics::prometheus_metrics(role_set roles, const build_information& build,
                                       std::function<std::uint64_t()> dropped_log_lines)
    : state_(std::make_unique<state>(roles, build, std::move(dropped_log_lines))) {}

prometheus_metrics::~prometheus_metrics() = default;

std::string prometheus_metrics::render() const {
    auto families = state_->registry.Collect();
    const auto dropped = state_->dropped_log_lines ? state_->dropped_log_lines() : 0;
    families.push_back(single_value("delivery_log_lines_dropped_total",
                                    "Log lines lost to a reader that was too slow.",
                                    prometheus::MetricType::Counter, static_cast<double>(dropped)));
    std::ranges::move(collect_process_metrics(), std::back_inserter(families));
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return std::move(text).str();
}

void prometheus_metrics::order_created() noexcept {
    if (state_->api) state_->api->orders_created.Increment();
}

void prometheus_metrics::order_advanced(domain::status from, domain::status to) noexcept {
    if (!state_->worker) return;
    if (auto* counter = state_->worker->transition(from, to)) counter->Increment();
}

void prometheus_metrics::order_reached(domain::status status, std::chrono::microseconds age) noexcept {
    if (!state_->worker) return;
    const auto known = state_->worker->ages.find(status);
    if (known != state_->worker->ages.end()) known->second->Observe(to_seconds(age));
}

void prometheus_metrics::published(std::size_t count) noexcept {
    if (state_->relay) state_->relay->published.Increment(static_cast<double>(count));
}

void prometheus_metrics::publish_failed(std::size_t count) noexcept {
    if (state_->relay) state_->relay->failures.Increment(static_cast<double>(count));
}

void prometheus_metrics::outbox_depth(std::int64_t pending, std::chrono::microseconds oldest_age) noexcept {
    if (!state_->relay) return;
    state_->relay->pending.Set(static_cast<double>(pending));
    state_->relay->oldest_age.Set(to_seconds(oldest_age));
}

void prometheus_metrics::message_handled(ports::message_result result,
                                         std::chrono::microseconds lag) noexcept {
    if (!state_->worker) return;
    state_->worker->messages.at(static_cast<std::size_t>(result))->Increment();
    state_->worker->lag.Observe(to_seconds(lag));
}

void prometheus_metrics::dead_lettered() noexcept {
    if (state_->worker) state_->worker->dead_letters.Increment();
}

void prometheus_metrics::store_batch(std::size_t size) noexcept {
    state_->store.batches.Observe(static_cast<double>(size));
}

void prometheus_metrics::store_called(ports::store_operation operation,
                                      std::chrono::nanoseconds took) noexcept {
    state_->store.durations.at(static_cast<std::size_t>(operation))->Observe(to_seconds(took));
}

void prometheus_metrics::store_retried() noexcept { state_->store.retries.Increment(); }

void prometheus_metrics::audited(const std::optional<ports::audit_result>& result) noexcept {
    if (!state_->relay) return;
    const auto shown = result.value_or(ports::audit_result{});
    for (const auto& [status, gauge] : state_->relay->audited_orders) {
        const auto counted = shown.orders.find(status);
        gauge->Set(counted == shown.orders.end() ? 0 : static_cast<double>(counted->second));
    }
    state_->relay->audit_violations.Set(static_cast<double>(shown.violations));
    state_->relay->audit_duration.Set(to_seconds(shown.took));
    state_->relay->audited_at.Set(to_seconds(shown.ended_at.time_since_epoch()));
}

void prometheus_metrics::request_started() noexcept {
    if (state_->api) state_->api->http.started();
}

void prometheus_metrics::request_finished(std::string_view method, std::string_view route, unsigned status,
                                          std::chrono::nanoseconds took) noexcept {
    if (!state_->api) return;
    try {
        state_->api->http.finished(method, route, status, took);
    } catch (...) {
        // Out of memory for a new series: this one is not counted.
        return;
    }
}

}  // namespace delivery::runtime
