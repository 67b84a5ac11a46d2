#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace delivery::rabbitmq {

/// Where a broker is and how to log in to it.
struct endpoint {
    std::string host = "localhost";
    std::uint16_t port = 5672;
    std::string user = "guest";
    std::string password = "guest";
    std::string vhost = "/";
    bool tls = false;
    /// The certificates that may sign the broker's (PEM), where `tls` is on.
    std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";

    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Reads amqp://user:password@host:port/vhost or amqps://…?cacertfile=/path.pem. No path and "/" both mean
/// the virtual host "/"; every part but the host may be absent and may be percent-encoded. Otherwise says
/// what is wrong; that text never holds the password.
std::expected<endpoint, std::string> parse_url(std::string_view url);

/// rabbitmq://host:port/vhost: what shard leases and logs call this broker. Host names are in lower case,
/// since they mean the same in either; virtual hosts are not.
std::string bus_name(const endpoint& where);

}  // namespace delivery::rabbitmq
