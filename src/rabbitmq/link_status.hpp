#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ports/logger.hpp"

namespace delivery::rabbitmq {

/// Whether one connection can be used, for `/readyz` and the log: every change is logged, once. Safe to use
/// from any thread.
class link_status {
public:
    /// `part` is "publisher" or "consumer".
    link_status(std::string_view bus_name, std::string_view part, ports::logger& log);

    void up();
    /// The connection is gone or could not be made; `is_misdeclared` where trying again will not help by
    /// itself.
    void down(const std::string& why, bool is_misdeclared);
    /// These queues drop messages that come back too often, as they do when workers crash. It is no fault,
    /// and only a person can mend it: logged once.
    void limited(std::span<const std::string_view> queues);
    /// The broker accepts no messages for now, or does again.
    void blocked(const std::string& why);
    void unblocked();

    /// Why this connection cannot be used; nothing where it can.
    [[nodiscard]] std::optional<std::string> find_fault() const;

private:
    /// Sets the fault; false where it was so already.
    bool change(std::optional<std::string> fault);

    const std::string bus_name_;
    const std::string part_;
    ports::logger& log_;
    mutable std::mutex mutex_;
    std::optional<std::string> fault_ = "not connected yet";
    bool is_limit_told_ = false;
};

}  // namespace delivery::rabbitmq
