// Input: a message as the worker gets it, its content type, CloudEvents version and traceparent one a line,
// then the body.

#include "core/message_codec.hpp"
#include "core/trace_context.hpp"
#include "fuzz/targets.hpp"
#include "rabbitmq/message_format.hpp"

namespace delivery::fuzz {
namespace {

void check_event(const domain::order_event& event) {
    require(event.version >= 1, "versions begin at 1");
    const auto text = core::encode_body(event);
    require_json(text, "an encoded event");
    const auto again = core::decode_body(text);
    require(again.has_value(), "what was decoded can be encoded");
    require(again->id == event.id && again->order_id == event.order_id && again->status == event.status &&
                again->version == event.version && again->recorded_at == event.recorded_at,
            "an event survives encoding");
}

}  // namespace

void try_message(std::string_view bytes) {
    rabbitmq::incoming_content content{.delivery_tag = 7};
    content.content_type = take_line(bytes);
    content.spec_version = take_line(bytes);
    content.traceparent = take_line(bytes);
    content.body = bytes;
    const auto message = rabbitmq::to_inbound(content, 3);
    require(message.body == content.body && message.content_type == content.content_type,
            "what arrived is kept for the dead letters");
    if (!message.content) {
        require(!message.content.error().empty(), "what cannot be read has its reason");
        require_one_line(message.content.error(), "a reason");
        return;
    }
    require(message.content->traceparent.empty() || !core::trace_id_of(message.content->traceparent).empty(),
            "a traceparent is taken over where it is well-formed");
    require_one_line(message.content->traceparent, "a traceparent");
    check_event(message.content->event);
}

}  // namespace delivery::fuzz
