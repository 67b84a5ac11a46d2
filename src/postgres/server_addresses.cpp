#include "postgres/server_addresses.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "ports/store_error.hpp"
#include "postgres/network_patience.hpp"
#include "postgres/store_factory.hpp"

namespace delivery::postgres {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ports::store_error;
using ports::store_fault;
using settings = std::map<std::string, std::string>;

std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parse_url(const std::string& url) {
    return {PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree};
}

settings read_url(const std::string& url) {
    const auto read = parse_url(url);
    // libpq's own message would quote from the URL, which may hold a password.
    if (!read) throw store_error(store_fault::broken, "the database's URL cannot be read");
    settings found;
    for (const auto* option = read.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) found[option->keyword] = option->val;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment.
    if (const char* host = std::getenv("PGHOST"); host != nullptr && !found.contains("host"))
        found["host"] = host;
    return found;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> items;
    std::size_t from = 0;
    for (auto comma = list.find(','); comma != std::string::npos; comma = list.find(',', from)) {
        items.push_back(list.substr(from, comma - from));
        from = comma + 1;
    }
    items.push_back(list.substr(from));
    return items;
}

/// The n-th of a list that may have one item for all.
std::string item_at(const std::vector<std::string>& items, std::size_t index) {
    if (items.size() == 1) return items[0];
    return index < items.size() ? items[index] : std::string();
}

bool is_name(const std::string& host) {
    boost::system::error_code error;
    asio::ip::make_address(host, error);
    return !host.empty() && host[0] != '/' && host[0] != '@' && error;
}

// A look-up under way cannot be cancelled, so the wait is for a timer that the look-up ends.
awaitable<std::vector<std::string>> resolve(const std::string& host, deadline until) {
    struct lookup {
        explicit lookup(const executor& where) : resolver(where), done(where) {}
        tcp::resolver resolver;
        asio::steady_timer done;
        std::vector<std::string> addresses;
    };
    const auto state = std::make_shared<lookup>(co_await asio::this_coro::executor);
    state->done.expires_at(until);
    state->resolver.async_resolve(host, "", [state](auto error, const tcp::resolver::results_type& results) {
        if (!error) {
            for (const auto& entry : results)
                state->addresses.push_back(entry.endpoint().address().to_string());
        }
        state->done.cancel();
    });
    co_await state->done.async_wait(asio::as_tuple(asio::use_awaitable));
    state->resolver.cancel();
    co_return state->addresses;
}

connect_parameters make_parameters(settings base, const std::string& host, const std::string& address,
                                   const std::string& port) {
    if (!host.empty()) base["host"] = host;
    if (!address.empty()) base["hostaddr"] = address;
    if (!port.empty()) base["port"] = port;
    base.try_emplace("application_name", "delivery");
    base.try_emplace("target_session_attrs", "read-write");
    base.try_emplace("client_encoding", "UTF8");
    for (const auto& [name, value] : network_patience) base.try_emplace(name, value);
    return {base.begin(), base.end()};
}

}  // namespace

bool is_url(const std::string& url) { return parse_url(url) != nullptr; }

awaitable<std::vector<connect_parameters>> find_servers(const std::string& url, deadline until) {
    auto base = read_url(url);
    const auto hosts = split(base["host"]);
    const auto addresses = split(base["hostaddr"]);
    const auto ports = split(base["port"]);
    for (const auto* listed : {"host", "hostaddr", "port"}) base.erase(listed);

    std::vector<connect_parameters> servers;
    for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
        const auto host = item_at(hosts, i);
        const auto address = item_at(addresses, i);
        if (!address.empty() || !is_name(host)) {
            const auto is_numeric = address.empty() && !host.empty() && host[0] != '/' && host[0] != '@';
            servers.push_back(make_parameters(base, host, is_numeric ? host : address, item_at(ports, i)));
            continue;
        }
        for (const auto& resolved : co_await resolve(host, until)) {
            servers.push_back(make_parameters(base, host, resolved, item_at(ports, i)));
        }
    }
    if (servers.empty())
        throw store_error(store_fault::unavailable, "the database's host name does not resolve");
    co_return servers;
}

}  // namespace delivery::postgres
