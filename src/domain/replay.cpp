#include "domain/replay.hpp"

#include <fmt/format.h>

#include "domain/flow.hpp"

namespace delivery::domain {
namespace {

void check_first(const order_event& event, std::vector<std::string>& faults) {
    if (event.version != 1)
        faults.push_back(fmt::format("history begins at version {}, not 1", event.version));
    if (event.status != first_status) {
        faults.push_back(
            fmt::format("history begins as {}, not {}", to_string(event.status), to_string(first_status)));
    }
}

void check_step(const order_event& before, const order_event& event, std::vector<std::string>& faults) {
    if (event.version != before.version + 1) {
        faults.push_back(fmt::format("version {} is followed by version {}", before.version, event.version));
    }
    if (!is_legal(before.status, event.status)) {
        faults.push_back(fmt::format("illegal step {} to {} at version {}", to_string(before.status),
                                     to_string(event.status), event.version));
    }
    if (event.recorded_at < before.recorded_at) {
        faults.push_back(fmt::format("time goes backwards at version {}", event.version));
    }
}

}  // namespace

std::optional<replayed_order> replay(std::span<const order_event> history) {
    if (history.empty()) return std::nullopt;
    const auto& last = history.back();
    return replayed_order{.status = last.status,
                          .version = last.version,
                          .created_at = history.front().recorded_at,
                          .updated_at = last.recorded_at};
}

std::vector<std::string> find_history_faults(std::span<const order_event> history) {
    std::vector<std::string> faults;
    if (history.empty()) return {"history is empty"};
    check_first(history.front(), faults);
    for (std::size_t i = 1; i < history.size(); ++i) check_step(history[i - 1], history[i], faults);
    return faults;
}

}  // namespace delivery::domain
