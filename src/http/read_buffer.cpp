#include "http/read_buffer.hpp"

#include <algorithm>

namespace delivery::http {
namespace {

constexpr std::size_t initial_size = 2048;

}  // namespace

std::span<char> read_buffer::prepare() {
    if (begin_ != 0) {
        std::copy(storage_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  storage_.begin() + static_cast<std::ptrdiff_t>(end_), storage_.begin());
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == storage_.size())
        storage_.resize(std::min(maximum_, std::max(initial_size, storage_.size() * 2)));
    return std::span(storage_).subspan(end_);
}

void read_buffer::consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
}

}  // namespace delivery::http
