#include "core/message_codec.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "domain/flow.hpp"

namespace delivery::core {
namespace {

namespace json = boost::json;

struct status_names {
    std::string_view routing_key;
    std::string_view event_type;
};

constexpr std::array<status_names, 3> names{{
    {"order.received", "delivery.order.received"},
    {"order.in_transit", "delivery.order.in_transit"},
    {"order.delivered", "delivery.order.delivered"},
}};

const status_names& names_of(domain::status status) { return names.at(static_cast<std::size_t>(status)); }

/// Reads members one after another and remembers the first that is absent or of no use.
class member_reader {
public:
    explicit member_reader(const json::object& object) : object_(object) {}

    std::string_view text(std::string_view name) {
        const auto* value = object_.if_contains(name);
        if (value == nullptr || !value->is_string()) {
            fail(fmt::format("{} is missing or not a string", name));
            return {};
        }
        return value->get_string();
    }

    std::int32_t version() {
        const auto* value = object_.if_contains("version");
        if (value == nullptr || !value->is_int64() || value->get_int64() < 1 ||
            value->get_int64() > std::numeric_limits<std::int32_t>::max()) {
            fail("version is missing or not a positive integer");
            return 0;
        }
        return static_cast<std::int32_t>(value->get_int64());
    }

    template <typename T>
    T take(std::optional<T> value, std::string_view fault) {
        if (!value) fail(std::string(fault));
        return value.value_or(T{});
    }

    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    void fail(std::string fault) {
        if (fault_.empty()) fault_ = std::move(fault);
    }

    const json::object& object_;
    std::string fault_;
};

}  // namespace

std::string encode_body(const domain::order_event& event) {
    // Nothing here needs escaping: ids, a status name, a number and a time.
    return fmt::format(R"({{"event_id":"{}","order_id":"{}","status":"{}","version":{},"timestamp":"{}"}})",
                       event.id.to_string(), event.order_id.to_string(), to_string(event.status),
                       event.version, domain::to_rfc3339(event.recorded_at));
}

std::expected<domain::order_event, std::string> decode_body(std::string_view body) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error) return std::unexpected("body is not JSON");
    if (!value.is_object()) return std::unexpected("body is not a JSON object");

    member_reader read(value.get_object());
    domain::order_event event;
    event.id = read.take(domain::uuid::parse(read.text("event_id")), "event_id is not a UUID");
    event.order_id = read.take(domain::uuid::parse(read.text("order_id")), "order_id is not a UUID");
    event.status = read.take(domain::parse_status(read.text("status")), "unknown status");
    event.version = read.version();
    event.recorded_at =
        read.take(domain::parse_rfc3339(read.text("timestamp")), "timestamp is not RFC 3339 in UTC");
    if (!read.fault().empty()) return std::unexpected(read.fault());
    return event;
}

std::string_view routing_key(domain::status status) { return names_of(status).routing_key; }

std::string_view event_type(domain::status status) { return names_of(status).event_type; }

bool has_consumer(domain::status status) { return !domain::is_finished(status); }

}  // namespace delivery::core
