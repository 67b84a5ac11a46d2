#include "rabbitmq/incoming_content.hpp"

#include <array>

#include <gtest/gtest.h>

#include "core/message_codec.hpp"
#include "rabbitmq/connection.hpp"
#include "rabbitmq/message_format.hpp"

namespace delivery::rabbitmq {
namespace {

/// Makes frames as librabbitmq decodes them; what they point at lives here.
class frames {
public:
    const amqp_frame_t& deliver(std::uint64_t tag, bool redelivered = false) {
        deliver_.delivery_tag = tag;
        deliver_.redelivered = redelivered ? 1 : 0;
        return method(AMQP_BASIC_DELIVER_METHOD, &deliver_);
    }
    const amqp_frame_t& give_back() { return method(AMQP_BASIC_RETURN_METHOD, &return_); }
    const amqp_frame_t& ack() { return method(AMQP_BASIC_ACK_METHOD, &ack_); }

    const amqp_frame_t& header(std::uint64_t body_size, amqp_basic_properties_t properties = {}) {
        properties_ = properties;
        frame_ = {};
        frame_.frame_type = AMQP_FRAME_HEADER;
        frame_.payload.properties.class_id = AMQP_BASIC_CLASS;
        frame_.payload.properties.body_size = body_size;
        frame_.payload.properties.decoded = &properties_;
        return frame_;
    }
    const amqp_frame_t& body(std::string_view bytes) {
        frame_ = {};
        frame_.frame_type = AMQP_FRAME_BODY;
        frame_.payload.body_fragment = to_bytes(bytes);
        return frame_;
    }

private:
    const amqp_frame_t& method(amqp_method_number_t id, void* decoded) {
        frame_ = {};
        frame_.frame_type = AMQP_FRAME_METHOD;
        frame_.payload.method = {.id = id, .decoded = decoded};
        return frame_;
    }

    amqp_frame_t frame_{};
    amqp_basic_deliver_t deliver_{};
    amqp_basic_return_t return_{};
    amqp_basic_ack_t ack_{};
    amqp_basic_properties_t properties_{};
};

amqp_table_entry_t text_header(const char* name, const char* value) {
    amqp_table_entry_t entry{.key = amqp_cstring_bytes(name), .value = {}};
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = amqp_cstring_bytes(value);
    return entry;
}

TEST(content_assembler, puts_a_delivery_together) {
    frames make;
    content_assembler assembler;
    EXPECT_FALSE(assembler.take(make.deliver(7, true)));
    EXPECT_FALSE(assembler.take(make.header(6)));
    EXPECT_FALSE(assembler.take(make.body("abc")));
    const auto content = assembler.take(make.body("def"));
    ASSERT_TRUE(content.has_value());
    EXPECT_FALSE(content->is_return);
    EXPECT_EQ(content->delivery_tag, 7U);
    EXPECT_TRUE(content->redelivered);
    EXPECT_EQ(content->body, "abcdef");
    EXPECT_TRUE(assembler.is_consistent());
}

TEST(content_assembler, an_empty_body_has_no_body_frames) {
    frames make;
    content_assembler assembler;
    EXPECT_FALSE(assembler.take(make.give_back()));
    const auto content = assembler.take(make.header(0));
    ASSERT_TRUE(content.has_value());
    EXPECT_TRUE(content->is_return);
    EXPECT_TRUE(content->body.empty());
}

TEST(content_assembler, reads_the_properties_that_matter) {
    std::array headers{text_header("cloudEvents_traceparent", "00-trace"),
                       text_header("cloudEvents_specversion", "1.0"), text_header("other", "x")};
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG;
    properties.message_id = amqp_cstring_bytes("id");
    properties.content_type = amqp_cstring_bytes("text/plain");
    properties.headers = {.num_entries = headers.size(), .entries = headers.data()};
    frames make;
    content_assembler assembler;
    assembler.take(make.deliver(1));
    const auto content = assembler.take(make.header(0, properties)).value();
    EXPECT_EQ(content.message_id, "id");
    EXPECT_EQ(content.content_type, "text/plain");
    EXPECT_EQ(content.traceparent, "00-trace");
    EXPECT_EQ(content.spec_version, "1.0");
}

TEST(content_assembler, headers_of_other_types_count_as_absent) {
    amqp_table_entry_t number{.key = amqp_cstring_bytes("cloudEvents_traceparent"), .value = {}};
    number.value.kind = AMQP_FIELD_KIND_I64;
    number.value.value.i64 = 1;
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {.num_entries = 1, .entries = &number};
    frames make;
    content_assembler assembler;
    assembler.take(make.deliver(1));
    EXPECT_EQ(assembler.take(make.header(0, properties)).value().traceparent, "");
}

TEST(content_assembler, other_methods_between_messages_are_left_alone) {
    frames make;
    content_assembler assembler;
    for (std::uint64_t tag = 1; tag <= 3; ++tag) {
        EXPECT_FALSE(assembler.take(make.ack()));
        EXPECT_FALSE(assembler.take(make.deliver(tag)));
        EXPECT_FALSE(assembler.take(make.header(1)));
        EXPECT_EQ(assembler.take(make.body("x")).value().delivery_tag, tag);
    }
    EXPECT_TRUE(assembler.is_consistent());
}

TEST(content_assembler, frames_out_of_turn_are_noticed) {
    frames make;
    content_assembler no_method;
    EXPECT_FALSE(no_method.take(make.header(1)));
    EXPECT_FALSE(no_method.is_consistent());
    content_assembler no_header;
    no_header.take(make.deliver(1));
    EXPECT_FALSE(no_header.take(make.body("x")));
    EXPECT_FALSE(no_header.is_consistent());
    content_assembler second_method;
    second_method.take(make.deliver(1));
    second_method.take(make.deliver(2));
    EXPECT_FALSE(second_method.is_consistent());
    content_assembler second_header;
    second_header.take(make.deliver(1));
    second_header.take(make.header(1));
    second_header.take(make.header(1));
    EXPECT_FALSE(second_header.is_consistent());
    content_assembler too_much;
    too_much.take(make.deliver(1));
    too_much.take(make.header(1));
    too_much.take(make.body("xy"));
    EXPECT_FALSE(too_much.is_consistent());
}

TEST(to_inbound, says_why_a_message_cannot_be_read) {
    const auto good = core::encode_body(domain::order_event{});
    struct test_case {
        std::string content_type, spec_version, body, reason;
    };
    const std::vector<test_case> cases{
        {"", "", good, ""},
        {"application/json", "1.0", good, ""},
        {"Application/JSON; charset=utf-8", "1.0.2", good, ""},
        {"application/cloudevents+json", "", good, ""},
        {"text/plain", "1.0", good, "content type is not JSON"},
        {"application/jsonp", "", good, "content type is not JSON"},
        {"application/json", "0.3", good, "unknown CloudEvents version"},
        {"application/json", "1.0", "", "body is not JSON"},
        {"application/json", "1.0", "{}", "event_id is missing or not a string"},
    };
    for (const auto& [content_type, spec_version, body, reason] : cases) {
        incoming_content content;
        content.delivery_tag = 3;
        content.content_type = content_type;
        content.spec_version = spec_version;
        content.body = body;
        const auto message = to_inbound(content, 9);
        EXPECT_EQ(message.content.has_value() ? "" : message.content.error(), reason)
            << content_type << " " << body;
        EXPECT_EQ(message.body, body);
        EXPECT_EQ(message.content_type, content_type);
        EXPECT_EQ(message.tag.connection, 9U);
        EXPECT_EQ(message.tag.number, 3U);
    }
}

TEST(to_inbound, takes_over_only_a_well_formed_traceparent) {
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const std::vector<std::pair<std::string, std::string>> cases{
        {good, good},
        {"cc" + good.substr(2) + "-\xff", "cc" + good.substr(2)},
        {std::string("\0", 1), ""},
        {"00-", ""}};
    for (const auto& [sent, taken] : cases) {
        incoming_content content;
        content.body = core::encode_body(domain::order_event{});
        content.traceparent = sent;
        const auto message = to_inbound(content, 1);
        ASSERT_TRUE(message.content.has_value()) << sent;
        EXPECT_EQ(message.content->traceparent, taken);
    }
}

}  // namespace
}  // namespace delivery::rabbitmq
