#include "rabbitmq/examination.hpp"

#include <fmt/format.h>

#include "rabbitmq/connection.hpp"
#include "rabbitmq/topology.hpp"

namespace delivery::rabbitmq {
namespace {

using enum ports::finding::grade;

ports::finding look_at_topology(connection& link) {
    try {
        declare_topology(link);
    } catch (const connection_error& error) {
        return {.check = "topology",
                .result = failed,
                .what = error.what(),
                .remedy = error.is_misdeclared()
                              ? "delete what has the wrong properties; the next role to connect declares it"
                              : "grant the user configure, write and read on what begins with delivery."};
    }
    return {.check = "topology",
            .what = fmt::format("{}, {} and what belongs to them", event_exchange, worker_queue)};
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
        found.push_back(
            {.check = "broker",
             .result = warning,
             .what = error.what(),
             .remedy = "see that RabbitMQ runs and RABBITMQ_URL names its host, port, user, password and "
                       "virtual host; until then orders are taken, and nothing is published"});
    }
    return found;
}

}  // namespace delivery::rabbitmq
