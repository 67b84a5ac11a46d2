// Input: frames of a channel. A letter says which: D and R begin a delivery or a returned message, H is a
// header whose next byte is the size of the body, B a body of as many bytes as its next byte says, anything
// else another method.

#include <algorithm>

#include "fuzz/targets.hpp"
#include "rabbitmq/connection.hpp"
#include "rabbitmq/incoming_content.hpp"

namespace delivery::fuzz {
namespace {

std::size_t take_byte(std::string_view& bytes) {
    if (bytes.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return byte;
}

/// A channel whose frames come from bytes, and what a reader should make of them.
class channel {
public:
    void take(std::string_view& bytes) {
        const auto kind = take_byte(bytes);
        if (kind == 'D' || kind == 'R') {
            begin(kind == 'R');
        } else if (kind == 'H') {
            give_header(take_byte(bytes));
        } else if (kind == 'B') {
            const auto part = bytes.substr(0, std::min(take_byte(bytes), bytes.size()));
            give_body(bytes.substr(0, part.size()));
            bytes.remove_prefix(part.size());
        } else {
            amqp_basic_ack_t ack{};
            expect_nothing(give_method(AMQP_BASIC_ACK_METHOD, &ack));
        }
    }

    [[nodiscard]] bool is_consistent() const { return assembler_.is_consistent(); }

private:
    using content = std::optional<rabbitmq::incoming_content>;

    content give_method(amqp_method_number_t id, void* decoded) {
        amqp_frame_t frame{};
        frame.frame_type = AMQP_FRAME_METHOD;
        frame.payload.method = {.id = id, .decoded = decoded};
        return assembler_.take(frame);
    }

    void begin(bool is_return) {
        amqp_basic_deliver_t deliver{};
        deliver.delivery_tag = ++tag_;
        amqp_basic_return_t returned{};
        is_return_ = is_return;
        sent_.clear();
        expect_nothing(is_return ? give_method(AMQP_BASIC_RETURN_METHOD, &returned)
                                 : give_method(AMQP_BASIC_DELIVER_METHOD, &deliver));
    }

    void give_header(std::size_t size) {
        amqp_basic_properties_t properties{};
        properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG;
        properties.message_id = rabbitmq::to_bytes("id");
        amqp_frame_t frame{};
        frame.frame_type = AMQP_FRAME_HEADER;
        frame.payload.properties = {
            .class_id = AMQP_BASIC_CLASS, .body_size = size, .decoded = &properties, .raw = {}};
        check(assembler_.take(frame));
    }

    void give_body(std::string_view part) {
        amqp_frame_t frame{};
        frame.frame_type = AMQP_FRAME_BODY;
        frame.payload.body_fragment = rabbitmq::to_bytes(part);
        sent_ += part;
        check(assembler_.take(frame));
    }

    static void expect_nothing(const content& found) { require(!found, "a method completes no message"); }

    void check(const content& found) const {
        if (!found || !is_consistent()) return;
        require(found->is_return == is_return_, "a message is what its method said");
        require(is_return_ || found->delivery_tag == tag_, "a message has its own tag");
        require(found->body == sent_, "a message has the bytes that were sent");
        require(found->message_id == "id", "a message has its properties");
    }

    rabbitmq::content_assembler assembler_;
    std::uint64_t tag_ = 0;
    bool is_return_ = false;
    std::string sent_;
};

}  // namespace

void try_amqp_frames(std::string_view bytes) {
    channel frames;
    while (!bytes.empty() && frames.is_consistent()) frames.take(bytes);
}

}  // namespace delivery::fuzz
