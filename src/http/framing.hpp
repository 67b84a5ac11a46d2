#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace delivery::http {

/// Why a request's extent or destination is ambiguous or malformed, in words for the client; nothing where it
/// is clear. Proxies and servers that read such a request differently can be made to smuggle one request
/// inside another, so it is refused and the connection closed (RFC 9112, sections 3.2, 6.1 and 6.3).
/// Beast 1.81 lets all of these pass.
std::optional<std::string_view> find_framing_fault(const header_list& headers, unsigned version);

/// Looks for the end of a header block in bytes as they arrive.
class header_scanner {
public:
    enum class state {
        incomplete,
        complete,
        bare_line_feed,  ///< A line ends without carriage return.
        folded,  ///< A header line goes on in the next one (obs-fold), which RFC 9112 lets a server refuse.
    };

    /// Looks at a block's bytes from its first one on; those of earlier calls are not looked at again.
    state scan(std::string_view block);
    /// How many bytes the block has, once complete, its empty last line included.
    [[nodiscard]] std::size_t size() const { return line_start_; }
    /// How many bytes the request line has, its end included; nothing while it has not ended.
    [[nodiscard]] std::optional<std::size_t> first_line_size() const { return first_line_size_; }

private:
    std::size_t scanned_ = 0;
    std::size_t line_start_ = 0;
    std::optional<std::size_t> first_line_size_;
};

}  // namespace delivery::http
