// Input: a URL; or a server's host, user, password and name, one a line.

#include <algorithm>
#include <memory>

#include <libpq-fe.h>

#include "domain/order_text.hpp"
#include "fuzz/targets.hpp"
#include "rabbitmq/endpoint.hpp"
#include "runtime/connection_urls.hpp"
#include "runtime/mask_secrets.hpp"

namespace delivery::fuzz {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

using connection_options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

connection_options parse_with_libpq(const std::string& url) {
    return {PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree};
}

std::string_view value_of(const connection_options& options, std::string_view keyword) {
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->keyword == keyword && option->val != nullptr) return option->val;
    }
    return {};
}

void check_url(std::string_view text) {
    const auto database = runtime::parse_database_url(text);
    if (!database) require_one_line(database.error(), "what is wrong with DATABASE_URL");
    const auto bus = runtime::parse_rabbitmq_url(text);
    if (!bus) require_one_line(bus.error(), "what is wrong with RABBITMQ_URL");
    const auto endpoint = rabbitmq::parse_url(text);
    if (!endpoint) {
        require_one_line(endpoint.error(), "what is wrong with a broker's URL");
        return;
    }
    require(!endpoint->host.empty() && endpoint->port != 0, "a broker has a host and a port");
    const auto parts = {endpoint->host, endpoint->user, endpoint->password, endpoint->vhost,
                        endpoint->ca_file};
    for (const auto& part : parts) require_one_line(part, "a part of a broker's URL");
    require_one_line(rabbitmq::bus_name(*endpoint), "a bus's name");
    require(endpoint->tls || endpoint->ca_file == rabbitmq::endpoint{}.ca_file,
            "plain AMQP has no authority");
}

/// Whatever a person sets in separate variables reaches the libraries as it is.
void check_parts(const runtime::server_address& address) {
    const auto broker = rabbitmq_url(address);
    const auto endpoint = rabbitmq::parse_url(broker);
    require(endpoint.has_value(), "a broker's URL that was made is right: " + broker);
    require(endpoint->user == *address.user && endpoint->password == *address.password &&
                endpoint->vhost == (address.name.empty() ? "/" : address.name),
            "a broker's URL says what it was made of");

    const auto options = parse_with_libpq(postgres_url(address));
    require(options != nullptr, "a database's URL that was made is right");
    require(value_of(options, "user") == *address.user &&
                value_of(options, "password") == *address.password &&
                value_of(options, "dbname") == address.name,
            "a database's URL says what it was made of");
}

/// What is shown holds the password nowhere but where it stands without it, too.
void require_masked(const std::string& url, const std::string& shown_at_most, const std::string& password) {
    require(!runtime::mask_secrets(url).contains(password) || shown_at_most.contains(password),
            "a password is masked: " + url);
}

void check_masking(runtime::server_address address) {
    const auto password = *address.password;
    if (password.empty()) return;
    const auto url = rabbitmq_url(address);
    address.password.reset();
    auto masked = rabbitmq_url(address);
    masked.insert(masked.rfind('@'), ":***");
    require_masked(url, masked, password);
    require_masked("amqp://someone:" + password + "@host/", "amqp://someone:***@host/", password);
}

}  // namespace

void try_connection_urls(std::string_view bytes) {
    check_url(bytes);
    const auto host = take_line(bytes);
    const auto user = std::string(take_line(bytes));
    const auto password = std::string(take_line(bytes));
    runtime::server_address address{.host = "host",
                                    .port = "1234",
                                    .user = user,
                                    .password = password,
                                    .name = std::string(take_line(bytes))};
    const auto all = user + password + address.name;
    if (std::ranges::any_of(all, is_control) || !domain::is_utf8(all)) return;
    check_parts(address);
    check_masking(address);
    address.host = host;
    const auto endpoint = rabbitmq::parse_url(rabbitmq_url(address));
    if (!endpoint) require_one_line(endpoint.error(), "what is wrong with a host");
}

}  // namespace delivery::fuzz
