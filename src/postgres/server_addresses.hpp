#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ports/awaitable.hpp"
#include "postgres/connection.hpp"

namespace delivery::postgres {

/// Where and how to connect, one entry an address, in the order to try them: the hosts of the URL with their
/// names resolved without blocking (libpq itself would block the thread), `host` kept beside for TLS. Sockets
/// in the file system stay as they are. Throws store_error: `unavailable` where no name resolves by the
/// deadline, `broken` where the URL cannot be read.
awaitable<std::vector<connect_parameters>> find_servers(const std::string& url, deadline until);

}  // namespace delivery::postgres
