#include "rabbitmq/incoming_content.hpp"

#include <algorithm>
#include <utility>

#include "rabbitmq/connection.hpp"

namespace delivery::rabbitmq {
namespace {

void read_headers(const amqp_table_t& headers, incoming_content& content) {
    for (int i = 0; i < headers.num_entries; ++i) {
        const auto& [key, value] = headers.entries[i];
        if (value.kind != AMQP_FIELD_KIND_UTF8 && value.kind != AMQP_FIELD_KIND_BYTES) continue;
        if (to_view(key) == "cloudEvents_traceparent") content.traceparent = to_view(value.value.bytes);
        if (to_view(key) == "cloudEvents_specversion") content.spec_version = to_view(value.value.bytes);
    }
}

void read_properties(const amqp_basic_properties_t& properties, incoming_content& content) {
    const auto has = [&](amqp_flags_t flag) { return (properties._flags & flag) != 0; };
    if (has(AMQP_BASIC_MESSAGE_ID_FLAG)) content.message_id = to_view(properties.message_id);
    if (has(AMQP_BASIC_CONTENT_TYPE_FLAG)) content.content_type = to_view(properties.content_type);
    if (has(AMQP_BASIC_HEADERS_FLAG)) read_headers(properties.headers, content);
}

}  // namespace

std::optional<incoming_content> content_assembler::take(const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD) {
        const auto& deliver = *static_cast<const amqp_basic_deliver_t*>(frame.payload.method.decoded);
        begin({.delivery_tag = deliver.delivery_tag, .redelivered = deliver.redelivered != 0});
    } else if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_RETURN_METHOD) {
        begin({.is_return = true});
    } else if (frame.frame_type == AMQP_FRAME_HEADER) {
        if (!current_ || missing_) return is_consistent_ = false, std::nullopt;
        read_properties(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded),
                        *current_);
        current_->body_size = frame.payload.properties.body_size;
        missing_ = current_->body_size;
        return finish_if_complete();
    } else if (frame.frame_type == AMQP_FRAME_BODY) {
        if (!current_ || !missing_) return is_consistent_ = false, std::nullopt;
        const auto part = to_view(frame.payload.body_fragment);
        current_->body += part.substr(0, body_size_max - current_->body.size());
        is_consistent_ &= part.size() <= *missing_;
        *missing_ -= std::min<std::uint64_t>(part.size(), *missing_);
        return finish_if_complete();
    }
    return std::nullopt;
}

void content_assembler::begin(incoming_content content) {
    is_consistent_ &= !current_.has_value();
    current_ = std::move(content);
    missing_.reset();
}

std::optional<incoming_content> content_assembler::finish_if_complete() {
    if (*missing_ > 0) return std::nullopt;
    missing_.reset();
    return std::exchange(current_, std::nullopt);
}

}  // namespace delivery::rabbitmq
