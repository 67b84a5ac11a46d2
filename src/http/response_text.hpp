#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace delivery::http {

/// How an answer ends or keeps its connection.
enum class connection_end : std::uint8_t {
    keep,           ///< HTTP/1.1's default, nothing to say.
    keep_and_tell,  ///< An HTTP/1.0 client asked for it and must be told.
    close,
};

/// Appends an answer's status line and headers, the empty line included, with this moment's Date.
void append_head(std::string& out, const response& answer, connection_end end);

/// A whole small answer to a client for whom there is no room.
std::string make_busy_response(std::string_view request_id);

}  // namespace delivery::http
