#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/configuration.hpp"

namespace delivery::runtime {

/// Where a server is, as separate variables say it. Ports are checked already.
struct server_address {
    std::string
        host;  ///< A name, an address, or (PostgreSQL) a socket's folder; several divided by commas there.
    std::string port;
    std::optional<std::string> user;
    std::optional<std::string> password;
    std::string name;  ///< The database, or the virtual host.
};

/// Reads DATABASE_URL: sqlite:PATH (or sqlite:///ABSOLUTE), postgresql:// and its other spellings, a driver
/// in the scheme (postgresql+asyncpg) left out. Otherwise what would be right; nothing in it comes from the
/// text.
std::expected<database_target, std::string> parse_database_url(std::string_view text);

/// Checks the scheme and shape of RABBITMQ_URL. Answers it with its scheme in lower case, or what would be
/// right.
std::expected<std::string, std::string> parse_rabbitmq_url(std::string_view text);

/// The URL of a PostgreSQL server, with everything in it percent-encoded where it must be.
std::string postgres_url(const server_address& address);

/// The URL of a RabbitMQ server, likewise.
std::string rabbitmq_url(const server_address& address);

}  // namespace delivery::runtime
