#include "rabbitmq/message_format.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/message_codec.hpp"
#include "core/trace_context.hpp"
#include "rabbitmq/connection.hpp"
#include "rabbitmq/topology.hpp"

namespace delivery::rabbitmq {
namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view event_source = "/delivery";

amqp_table_entry_t header(std::string_view name, std::string_view value) {
    amqp_table_entry_t entry{.key = to_bytes(name), .value = {}};
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = to_bytes(value);
    return entry;
}

amqp_basic_properties_t base_properties(std::string_view content_type, std::string_view message_id) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                        AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_HEADERS_FLAG;
    properties.content_type = to_bytes(content_type);
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    properties.message_id = to_bytes(message_id);
    return properties;
}

/// application/json and …+json, with or without parameters; absent counts as JSON.
bool is_json(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    std::string lower(type);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    return lower.empty() || lower == json_type || lower.ends_with("+json");
}

std::expected<ports::event_message, std::string> decode(const incoming_content& content) {
    if (!is_json(content.content_type)) return std::unexpected("content type is not JSON");
    if (!content.spec_version.empty() && !content.spec_version.starts_with("1.")) {
        return std::unexpected("unknown CloudEvents version");
    }
    auto event = core::decode_body(content.body);
    if (!event) return std::unexpected(std::move(event.error()));
    // Any producer's text, which is stored: a malformed one must not make the store refuse the step.
    return ports::event_message{.event = *event,
                                .traceparent = std::string(core::usable_traceparent(content.traceparent))};
}

}  // namespace

void publish_event(connection& link, const ports::event_message& message, const std::string& message_id) {
    const auto& event = message.event;
    const auto order_id = event.order_id.to_string();
    const auto time = domain::to_rfc3339(event.recorded_at);
    const auto version = fmt::format_int(event.version).str();
    const auto body = core::encode_body(event);
    std::array headers{
        header("cloudEvents_id", message_id),     header("cloudEvents_source", event_source),
        header("cloudEvents_specversion", "1.0"), header("cloudEvents_type", core::event_type(event.status)),
        header("cloudEvents_subject", order_id),  header("cloudEvents_time", time),
        header("cloudEvents_sequence", version),  header("cloudEvents_traceparent", message.traceparent)};

    auto properties = base_properties(json_type, message_id);
    // The last header is left out where there is no trace.
    properties.headers = {
        .num_entries = static_cast<int>(headers.size()) - (message.traceparent.empty() ? 1 : 0),
        .entries = headers.data()};
    properties._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    properties.timestamp = static_cast<std::uint64_t>(std::max<std::int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(event.recorded_at).time_since_epoch().count()));
    link.check(amqp_basic_publish(link.state(), connection::channel, to_bytes(event_exchange),
                                  to_bytes(core::routing_key(event.status)), core::has_consumer(event.status),
                                  0, &properties, to_bytes(body)),
               "publishing");
}

void publish_dead_letter(connection& link, const dead_letter_copy& letter) {
    auto reason = header("x-delivery-reason", letter.reason);
    auto properties = base_properties(letter.content_type, letter.message_id);
    properties.headers = {.num_entries = 1, .entries = &reason};
    if (letter.content_type.empty())
        properties._flags &= ~static_cast<amqp_flags_t>(AMQP_BASIC_CONTENT_TYPE_FLAG);
    if (letter.message_id.empty())
        properties._flags &= ~static_cast<amqp_flags_t>(AMQP_BASIC_MESSAGE_ID_FLAG);
    link.check(amqp_basic_publish(link.state(), connection::channel, to_bytes(dead_letter_exchange),
                                  amqp_empty_bytes, 1, 0, &properties, to_bytes(letter.body)),
               "publishing a dead letter");
}

ports::inbound_message to_inbound(incoming_content content, std::uint64_t epoch) {
    auto decoded = decode(content);
    return {.tag = {.connection = epoch, .number = content.delivery_tag},
            .redelivered = content.redelivered,
            .content = std::move(decoded),
            .body = std::move(content.body),
            .message_id = std::move(content.message_id),
            .content_type = std::move(content.content_type)};
}

}  // namespace delivery::rabbitmq
