#include "rabbitmq/examination.hpp"

#include <fmt/format.h>

#include "rabbitmq/connection.hpp"
#include "rabbitmq/topology.hpp"

namespace delivery::rabbitmq {
namespace {

using enum ports::finding::grade;

std::string topology_remedy(const connection_error& error) {
    if (error.is_misdeclared())
        return "delete what has the wrong properties; the next role to connect declares it";
    if (error.is_refused()) return "grant the user configure, write and read on what begins with delivery.";
    return "look at RabbitMQ's log, and examine again";
}

ports::finding look_at_topology(connection& link) {
    std::vector<std::string_view> limited;
    try {
        limited = declare_topology(link, unlimited_on(link.broker_version()));
    } catch (const connection_error& error) {
        return {
            .check = "topology", .result = failed, .what = error.what(), .remedy = topology_remedy(error)};
    }
    if (!limited.empty()) {
        return {.check = "topology",
                .result = warning,
                .what = fmt::format(
                    "declared on another major version of RabbitMQ, with a delivery limit here: {}",
                    fmt::join(limited, ", ")),
                .remedy =
                    "raise the limit with a policy, or delete the queue when it is empty; see "
                    "docs/operations.md, Upgrading RabbitMQ"};
    }
    return {.check = "topology",
            .what = fmt::format("{}, {} and what belongs to them", event_exchange, worker_queue)};
}

/// A broker that is away comes back; one that does not let us in stays closed.
ports::finding judge_absence(const connection_error& error) {
    if (error.is_refused()) {
        return {.check = "broker",
                .result = failed,
                .what = error.what(),
                .remedy = "set user, password and virtual host in RABBITMQ_URL to what RabbitMQ admits"};
    }
    return {.check = "broker",
            .result = warning,
            .what = error.what(),
            .remedy =
                "see that RabbitMQ runs and RABBITMQ_URL names its host and port; until then orders are "
                "taken, and nothing is published"};
}

}  // namespace

ports::findings examine(const options& settings) {
    ports::findings found;
    try {
        interruptible_socket socket;
        connection link(settings, "doctor", socket);
        found.push_back(
            {.check = "broker",
             .what = fmt::format("RabbitMQ {} at {}", link.broker_version(), bus_name(settings.endpoint))});
        found.push_back(look_at_topology(link));
        link.close();
    } catch (const connection_error& error) {
        found.push_back(judge_absence(error));
    }
    return found;
}

}  // namespace delivery::rabbitmq
