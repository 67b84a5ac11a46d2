#include "core/legacy_import.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

#include "domain/flow.hpp"
#include "domain/order_text.hpp"

namespace delivery::core {
namespace {

constexpr std::string_view id_namespace = "6f8a2b1c-3d4e-5f60-8a9b-0c1d2e3f4a5b";

using refused = std::unexpected<std::string>;

boost::uuids::uuid to_boost(const domain::uuid& id) {
    boost::uuids::uuid result;
    std::ranges::copy(id.bytes(), result.begin());
    return result;
}

/// Enumerations of Python may be stored by name or by value, so in either case.
std::optional<domain::status> parse_status(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return domain::parse_status(text);
}

/// The earliest event of each status.
using events_by_status = std::map<domain::status, const ports::legacy_event*>;

std::expected<events_by_status, std::string> find_earliest(const ports::legacy_order& old) {
    events_by_status earliest;
    for (const auto& event : old.events) {
        const auto status = parse_status(event.status);
        if (!status)
            return refused(fmt::format("event {} has the unknown status \"{}\"", event.id, event.status));
        if (!event.time) return refused(fmt::format("event {} has no time", event.id));
        auto& known = earliest[*status];
        if (known == nullptr || *event.time < *known->time) known = &event;
    }
    return earliest;
}

std::optional<std::string> find_fault(const ports::legacy_order& old) {
    if (auto fault = domain::find_text_fault(old.customer_name, domain::customer_name_max))
        return "customer_name: " + *fault;
    if (auto fault = domain::find_text_fault(old.address, domain::address_max)) return "address: " + *fault;
    return std::nullopt;
}

/// The history up to a status, one event for each on the way.
std::expected<std::vector<domain::order_event>, std::string> make_history(const ports::legacy_order& old,
                                                                          const events_by_status& known,
                                                                          domain::status last) {
    std::vector<domain::order_event> history;
    const auto order_id = map_legacy_id(old.id);
    for (const auto status : domain::all_statuses()) {
        const auto found = known.find(status);
        const bool is_first = status == domain::first_status;
        if (found == known.end() && !is_first)
            return refused(fmt::format("its history lacks {}", domain::to_string(status)));
        const auto id =
            found == known.end() ? map_legacy_id(old.id + "/1") : map_legacy_id(found->second->id);
        auto time = is_first ? *old.created_at : *found->second->time;
        if (!history.empty()) time = std::max(time, history.back().recorded_at);
        history.push_back({.id = id,
                           .order_id = order_id,
                           .version = static_cast<std::int32_t>(history.size() + 1),
                           .status = status,
                           .recorded_at = time});
        if (status == last) break;
    }
    return history;
}

bool is_repaired(const ports::legacy_order& old, const std::vector<domain::order_event>& history,
                 const events_by_status& known) {
    if (old.events.size() != history.size()) return true;
    return std::ranges::any_of(history, [&](const domain::order_event& event) {
        const auto found = known.find(event.status);
        return found == known.end() || found->second->time != event.recorded_at;
    });
}

}  // namespace

domain::uuid map_legacy_id(std::string_view id) {
    if (const auto same = domain::uuid::parse(id)) return *same;
    static const boost::uuids::name_generator_sha1 make(to_boost(domain::uuid::parse(id_namespace).value()));
    const auto made = make(id.data(), id.size());
    domain::uuid::bytes_type bytes{};
    std::ranges::copy(made, bytes.begin());
    return domain::uuid(bytes);
}

std::expected<converted_order, std::string> convert(const ports::legacy_order& old) {
    const auto status = parse_status(old.status);
    if (!status) return refused(fmt::format("its status is \"{}\", which is unknown", old.status));
    if (!old.created_at) return refused("it has no created_at");
    if (auto fault = find_fault(old)) return refused(*std::move(fault));
    const auto known = find_earliest(old);
    if (!known) return refused(known.error());
    if (!known->empty() && known->rbegin()->first > *status) {
        return refused(fmt::format("its status is {}, its history goes on to {}", old.status,
                                   domain::to_string(known->rbegin()->first)));
    }
    auto history = make_history(old, *known, *status);
    if (!history) return refused(history.error());

    converted_order taken{.order = {}, .is_renamed = !domain::uuid::parse(old.id).has_value()};
    taken.is_repaired = is_repaired(old, *history, *known);
    taken.order.order = {.id = map_legacy_id(old.id),
                         .customer_name = old.customer_name,
                         .address = old.address,
                         .status = *status,
                         .version = history->back().version,
                         .created_at = history->front().recorded_at,
                         .updated_at = history->back().recorded_at};
    taken.order.events = std::move(*history);
    return taken;
}

}  // namespace delivery::core
