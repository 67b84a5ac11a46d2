#include "rabbitmq/link_status.hpp"

#include <utility>

#include <fmt/format.h>

namespace delivery::rabbitmq {

link_status::link_status(std::string_view bus_name, std::string_view part, ports::logger& log)
    : bus_name_(bus_name), part_(part), log_(log) {}

void link_status::up() {
    if (change(std::nullopt))
        log_.info("connected to the broker", {{"bus", bus_name_}, {"connection", part_}});
}

void link_status::down(const std::string& why, bool is_misdeclared) {
    if (is_misdeclared) {
        if (change(fmt::format("an exchange or queue exists with other properties: {}", why))) {
            log_.error(
                "an exchange or queue exists on the broker with other properties than Delivery's; "
                "delete it or use another virtual host",
                {{"bus", bus_name_}, {"connection", part_}, {"error", why}});
        }
    } else if (change(why)) {
        log_.warn("no connection to the broker, trying again",
                  {{"bus", bus_name_}, {"connection", part_}, {"error", why}});
    }
}

void link_status::limited(std::span<const std::string_view> queues) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(is_limit_told_, true)) return;
    }
    log_.warn(
        "queues were declared on another major version of RabbitMQ and have a delivery limit here: unless a "
        "policy raises it, messages that come back too often are dropped",
        {{"bus", bus_name_},
         {"connection", part_},
         {"queues", fmt::format("{}", fmt::join(queues, ", "))},
         {"remedy", "docs/operations.md, Upgrading RabbitMQ"}});
}

void link_status::blocked(const std::string& why) {
    if (change(fmt::format("the broker accepts no messages: {}", why))) {
        log_.warn("the broker accepts no messages for now", {{"bus", bus_name_}, {"error", why}});
    }
}

void link_status::unblocked() {
    if (change(std::nullopt)) log_.info("the broker accepts messages again", {{"bus", bus_name_}});
}

std::optional<std::string> link_status::find_fault() const {
    const std::lock_guard lock(mutex_);
    return fault_;
}

bool link_status::change(std::optional<std::string> fault) {
    const std::lock_guard lock(mutex_);
    if (fault == fault_) return false;
    fault_ = std::move(fault);
    return true;
}

}  // namespace delivery::rabbitmq
