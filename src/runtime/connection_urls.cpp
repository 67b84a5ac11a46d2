#include "runtime/connection_urls.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "runtime/configuration_values.hpp"

namespace delivery::runtime {
namespace {

using fault = std::unexpected<std::string>;

constexpr std::string_view database_shapes = "sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME";
constexpr std::string_view rabbitmq_shapes = "amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps://";

bool is_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// What is wrong with the characters of a URL, as an advice; nothing where all is well.
std::optional<std::string> find_character_fault(std::string_view url) {
    for (std::size_t i = 0; i < url.size(); ++i) {
        const auto c = static_cast<unsigned char>(url[i]);
        if (c <= 0x20 || c == 0x7f) return "a URL without blanks and control characters (a blank is %20)";
        if (c != '%') continue;
        if (i + 2 >= url.size() || !is_hexadecimal(url[i + 1]) || !is_hexadecimal(url[i + 2])) {
            return "a URL whose every % is followed by two hexadecimal digits (a percent sign itself is %25)";
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (auto end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.push_back(text);
    return parts;
}

/// Checks HOST, HOST:PORT, [IPV6] or [IPV6]:PORT.
bool is_host(std::string_view text, bool may_be_empty) {
    auto port = std::string_view();
    auto host = text;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (host.empty()) return false;
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (host.empty() && !may_be_empty) return false;
    return port.empty() ||
           (port.starts_with(':') && parse_whole_number(port.substr(1), 1, 65535).has_value());
}

/// The hosts of what follows `scheme://`, without user information and path; an advice where an @ is out of
/// place.
std::expected<std::string_view, std::string> take_hosts(std::string_view rest, std::string_view shapes) {
    const auto before_query = rest.substr(0, rest.find_first_of("?#"));
    const auto authority = before_query.substr(0, before_query.find('/'));
    const auto user_end = authority.find('@');
    const auto has_user = user_end != std::string_view::npos;
    if (before_query.find('@', has_user ? user_end + 1 : 0) != std::string_view::npos) {
        return fault(
            fmt::format("{}, with @ / : ? # in user and password percent-encoded (@ is %40)", shapes));
    }
    return has_user ? authority.substr(user_end + 1) : authority;
}

std::expected<database_target, std::string> parse_sqlite(std::string_view rest) {
    std::string path(rest);
    if (rest.starts_with("///")) {
        path = "/" + std::string(rest.substr(std::min(rest.find_first_not_of('/'), rest.size())));
    } else if (rest.starts_with("//")) {
        return fault("sqlite:PATH, or sqlite:/// and an absolute path");
    }
    if (path.find(":memory:") != std::string::npos)
        return fault("sqlite:PATH with a file, which outlives the process");
    if (path.find('?') != std::string::npos) return fault("sqlite:PATH without options behind it");
    if (path.empty() || path.ends_with('/')) return fault("sqlite:PATH with the name of a file");
    return sqlite_database{path};
}

std::expected<database_target, std::string> parse_postgres(std::string_view rest) {
    if (!rest.starts_with("//")) return fault(std::string(database_shapes));
    if (auto advice = find_character_fault(rest)) return fault(*advice);
    const auto hosts = take_hosts(rest.substr(2), database_shapes);
    if (!hosts) return fault(hosts.error());
    for (const auto host : split(*hosts, ',')) {
        if (!is_host(host, true))
            return fault(
                "a URL whose port is a number from 1 to 65535, and whose password has / ? # percent-encoded");
    }
    return postgres_database{fmt::format("postgresql:{}", rest)};
}

/// Every byte that is neither unreserved in RFC 3986 nor one of `kept` becomes %XX.
std::string percent_encode(std::string_view text, std::string_view kept = {}) {
    constexpr std::string_view unreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char c : text) {
        if (unreserved.contains(c) || kept.contains(c)) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

std::string encode_host(std::string_view host) {
    const auto is_ipv6 = std::ranges::count(host, ':') > 1;
    if (!is_ipv6) return percent_encode(host);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return fmt::format("[{}]", percent_encode(host, ":"));
}

std::string encode_user(const server_address& address) {
    if (!address.user) return {};
    const auto user = percent_encode(*address.user);
    return address.password ? fmt::format("{}:{}@", user, percent_encode(*address.password)) : user + "@";
}

}  // namespace

std::expected<database_target, std::string> parse_database_url(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return fault(std::string(database_shapes));
    const auto scheme = to_lower(text.substr(0, colon));
    const auto dialect = std::string_view(scheme).substr(0, scheme.find('+'));
    const auto rest = text.substr(colon + 1);
    if (dialect == "sqlite") return parse_sqlite(rest);
    if (dialect == "postgresql" || dialect == "postgres") return parse_postgres(rest);
    return fault(std::string(database_shapes));
}

std::expected<std::string, std::string> parse_rabbitmq_url(std::string_view text) {
    const auto end = text.find("://");
    const auto scheme = to_lower(text.substr(0, end));
    if (end == std::string_view::npos || (scheme != "amqp" && scheme != "amqps")) {
        return fault(std::string(rabbitmq_shapes));
    }
    if (auto advice = find_character_fault(text)) return fault(*advice);
    const auto rest = text.substr(end + 3);
    const auto host = take_hosts(rest, rabbitmq_shapes);
    if (!host) return fault(host.error());
    if (!is_host(*host, false))
        return fault(
            "a URL with one host, a port from 1 to 65535 or none, and / ? # percent-encoded in the password");
    const auto path = rest.substr(static_cast<std::size_t>(host->data() - rest.data()) + host->size());
    if (std::ranges::count(path.substr(0, path.find_first_of("?#")), '/') > 1) {
        return fault("a URL with one virtual host behind the port, its own slashes written %2F");
    }
    return fmt::format("{}://{}", scheme, rest);
}

std::string postgres_url(const server_address& address) {
    std::vector<std::string> hosts;
    for (const auto host : split(address.host, ',')) {
        hosts.push_back(fmt::format("{}:{}", encode_host(host), address.port));
    }
    return fmt::format("postgresql://{}{}/{}", encode_user(address), fmt::join(hosts, ","),
                       percent_encode(address.name));
}

std::string rabbitmq_url(const server_address& address) {
    return fmt::format("amqp://{}{}:{}/{}", encode_user(address), encode_host(address.host), address.port,
                       percent_encode(address.name));
}

}  // namespace delivery::runtime
