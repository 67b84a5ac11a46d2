#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace delivery::http {

/// Bytes that were received and not yet used, in one piece. It begins small, since most of thousands of
/// connections are idle, and doubles as far as `maximum`.
class read_buffer {
public:
    explicit read_buffer(std::size_t maximum) : maximum_(maximum) {}

    [[nodiscard]] std::string_view data() const { return {storage_.data() + begin_, end_ - begin_}; }
    [[nodiscard]] bool is_empty() const { return begin_ == end_; }

    /// Room for more bytes behind those that are there; empty where the buffer is full.
    std::span<char> prepare();
    /// Adds what was written into the room.
    void commit(std::size_t size) { end_ += size; }
    /// Removes bytes from the front.
    void consume(std::size_t size);

private:
    std::size_t maximum_;
    std::vector<char> storage_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace delivery::http
