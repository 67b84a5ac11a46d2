#include "rabbitmq/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "domain/order_text.hpp"

namespace delivery::rabbitmq {
namespace {

using fault = std::unexpected<std::string>;

constexpr std::uint16_t plain_port = 5672;
constexpr std::uint16_t tls_port = 5671;

std::optional<unsigned char> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned char>(c - 'A' + 10);
    return std::nullopt;
}

/// Nothing for a broken escape, for control characters, which librabbitmq's C strings could not carry, and
/// for what is not UTF-8, which no broker takes and no store would as a bus's name.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const auto high = hex_digit(text[i + 1]);
            const auto low = hex_digit(text[i + 2]);
            if (!high || !low) return std::nullopt;
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        result += c;
    }
    return domain::is_utf8(result) ? std::optional(result) : std::nullopt;
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

/// Splits at the first separator; the second part is nothing where there is none.
std::pair<std::string_view, std::optional<std::string_view>> split(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {text, std::nullopt};
    return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<std::string> read_user_info(std::string_view text, endpoint& result) {
    const auto [user, password] = split(text, ':');
    const auto decoded_user = percent_decoded(user);
    if (!decoded_user) return "the user name is not well percent-encoded";
    result.user = *decoded_user;
    if (!password) return std::nullopt;
    const auto decoded_password = percent_decoded(*password);
    if (!decoded_password) return "the password is not well percent-encoded";
    result.password = *decoded_password;
    return std::nullopt;
}

std::optional<std::string> read_port(std::string_view text, endpoint& result) {
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, result.port);
    // The text is not quoted: a password with an unescaped "@" or "/" could end up here.
    if (error != std::errc{} || stop != end || result.port == 0)
        return "the port is not a number from 1 to 65535";
    return std::nullopt;
}

std::optional<std::string> read_host(std::string_view text, endpoint& result) {
    std::string_view host = text;
    std::optional<std::string_view> port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return "the IPv6 address has no closing bracket";
        host = text.substr(1, end - 1);
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':')
            return "the IPv6 address is not followed by a port or a path";
        if (!rest.empty()) port = rest.substr(1);
    } else {
        std::tie(host, port) = split(text, ':');
    }
    const auto decoded = percent_decoded(host);
    if (!decoded) return "the host is not well percent-encoded";
    if (decoded->empty()) return "there is no host";
    result.host = *decoded;
    return port ? read_port(*port, result) : std::nullopt;
}

std::optional<std::string> read_vhost(std::string_view text, endpoint& result) {
    if (text.empty()) return std::nullopt;
    if (text.find('/') != std::string_view::npos)
        return "a slash within the virtual host must be written %2F";
    const auto decoded = percent_decoded(text);
    if (!decoded) return "the virtual host is not well percent-encoded";
    result.vhost = *decoded;
    return std::nullopt;
}

std::optional<std::string> read_query(std::string_view text, endpoint& result) {
    const auto [name, value] = split(text, '=');
    const auto decoded = percent_decoded(value.value_or(""));
    if (name != "cacertfile" || !decoded || decoded->empty())
        return "the only parameter is cacertfile=/path/to/ca.pem";
    if (!result.tls) return "cacertfile goes with amqps:// only";
    result.ca_file = *decoded;
    return std::nullopt;
}

}  // namespace

std::expected<endpoint, std::string> parse_url(std::string_view url) {
    endpoint result;
    const auto scheme_end = url.find("://");
    const auto scheme = scheme_end == std::string_view::npos ? "" : lower_case(url.substr(0, scheme_end));
    if (scheme != "amqp" && scheme != "amqps") return fault("it does not begin with amqp:// or amqps://");
    result.tls = scheme == "amqps";
    result.port = result.tls ? tls_port : plain_port;

    const auto [before_query, query] = split(url.substr(scheme_end + 3), '?');
    const auto [authority, path] = split(before_query, '/');
    const auto at = authority.rfind('@');
    std::optional<std::string> error;
    if (at != std::string_view::npos) error = read_user_info(authority.substr(0, at), result);
    if (!error)
        error = read_host(at == std::string_view::npos ? authority : authority.substr(at + 1), result);
    if (!error) error = read_vhost(path.value_or(""), result);
    if (!error && query) error = read_query(*query, result);
    if (error) return fault(std::move(*error));
    return result;
}

std::string bus_name(const endpoint& where) {
    const bool is_ipv6 = where.host.find(':') != std::string::npos;
    return fmt::format("rabbitmq://{}{}{}:{}/{}", is_ipv6 ? "[" : "", lower_case(where.host),
                       is_ipv6 ? "]" : "", where.port, where.vhost == "/" ? "" : where.vhost);
}

}  // namespace delivery::rabbitmq
