// Input: lines NAME=value, the environment. A value may hold anything but a line feed.

#include <algorithm>
#include <map>
#include <string>

#include "fuzz/targets.hpp"
#include "rabbitmq/endpoint.hpp"
#include "runtime/configuration.hpp"
#include "runtime/configuration_values.hpp"

namespace delivery::fuzz {
namespace {

using variables = std::map<std::string, std::string, std::less<>>;
using result = std::expected<runtime::configuration, std::vector<runtime::configuration_error>>;

variables read_lines(std::string_view bytes) {
    variables found;
    while (!bytes.empty()) {
        const auto line = take_line(bytes);
        const auto equals = std::min(line.find('='), line.size());
        found[std::string(line.substr(0, equals))] = line.substr(std::min(equals + 1, line.size()));
    }
    return found;
}

result load(const variables& environment) {
    return runtime::load_configuration([&](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
}

void check_error(const runtime::configuration_error& error, const variables& environment) {
    const auto is_same = [&](const auto& variable) { return variable.name == error.variable; };
    require(std::ranges::any_of(runtime::configuration_variables(), is_same), "an error names a variable");
    require(environment.contains(error.variable), "an error is about a variable that was set");
    require(!error.expected.empty(), "an error says what would be right");
    require_one_line(to_string(error), "an error");
}

void check_settings(const runtime::configuration& settings) {
    require(settings.threads >= 1 && settings.threads <= 256, "threads are bounded");
    require(!settings.app_name.empty() && settings.app_name.size() <= 64, "the name is bounded");
    require_one_line(settings.app_name, "the name");
    require(runtime::parse_listen_address(settings.app_host) == settings.app_host, "the host is an address");
    require(settings.stages.picking.count() >= 0 && settings.stages.transit.count() >= 0,
            "durations are not negative");
    require(settings.request_timeout.count() >= 100, "requests have time");
    require(settings.redrive_after.count() >= 1000, "redriving waits");
    const auto broker = rabbitmq::parse_url(settings.rabbitmq_url);
    if (settings.uses_rabbitmq() && !broker)
        require_one_line(broker.error(), "what is wrong with the broker's URL");
}

/// URLs are brought into one form, which stays as it is when it is read again.
void check_again(const runtime::configuration& settings) {
    variables urls;
    if (const auto* server = std::get_if<runtime::postgres_database>(&settings.database))
        urls["DATABASE_URL"] = server->url;
    if (settings.uses_rabbitmq()) urls["RABBITMQ_URL"] = settings.rabbitmq_url;
    const auto again = load(urls);
    require(again.has_value(), "a URL that was made is right");
    require(!urls.contains("DATABASE_URL") || again->database == settings.database,
            "a database's URL stays as it is");
    require(again->rabbitmq_url == settings.rabbitmq_url, "a broker's URL stays as it is");
}

}  // namespace

void try_configuration(std::string_view bytes) {
    const auto environment = read_lines(bytes);
    const auto settings = load(environment);
    if (settings) {
        check_settings(*settings);
        check_again(*settings);
        return;
    }
    require(!settings.error().empty(), "a refusal has its errors");
    for (const auto& error : settings.error()) check_error(error, environment);
}

}  // namespace delivery::fuzz
