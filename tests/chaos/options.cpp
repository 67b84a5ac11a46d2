#include "chaos/options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "chaos/sabotage.hpp"
#include "domain/uuid.hpp"

namespace delivery::chaos {
namespace {

constexpr double most_minutes = 10'080;
// Small enough to be typed.
constexpr std::uint64_t fresh_seeds = 1'000'000;

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string take_value(options& into, std::string_view name, const std::string& value) {
    if (name == "--minutes") {
        const auto minutes = parse_number<double>(value);
        if (!minutes || !(*minutes > 0) || *minutes > most_minutes)
            return fmt::format("--minutes: '{}' is not a number above 0, up to {}", value, most_minutes);
        into.length = std::chrono::milliseconds(static_cast<std::int64_t>(*minutes * 60'000));
    } else if (name == "--seed") {
        const auto seed = parse_number<std::uint64_t>(value);
        if (!seed) return fmt::format("--seed: '{}' is not a whole number", value);
        into.seed = *seed;
    } else if (name == "--json") {
        into.json_file = value;
    } else if (name == "--sabotage") {
        into.sabotage = value;
        const auto kinds = all_sabotages();
        if (std::ranges::find(kinds, value) == kinds.end())
            return fmt::format("--sabotage: unknown kind '{}'", value);
    } else {
        return fmt::format("unknown argument '{}'; see --help", name);
    }
    return {};
}

}  // namespace

std::expected<options, std::string> parse_options(std::span<const char* const> arguments) {
    options result;
    result.seed = domain::draw_entropy() % fresh_seeds;
    for (std::size_t index = 0; index < arguments.size(); ++index) {
        const std::string_view name = arguments[index];
        if (name == "--help" || name == "-h") {
            result.wants_help = true;
            return result;
        }
        if (index + 1 == arguments.size()) {
            return std::unexpected(name.starts_with("--")
                                       ? fmt::format("'{}' is unknown or lacks its value; see --help", name)
                                       : fmt::format("unknown argument '{}'; see --help", name));
        }
        const auto fault = take_value(result, name, arguments[++index]);
        if (!fault.empty()) return std::unexpected(fault);
    }
    return result;
}

std::string usage() {
    return "usage: ./dev chaos [--minutes N] [--seed S] [--json FILE]\n"
           "\n"
           "Two of each role on a PostgreSQL and a RabbitMQ of their own, under load, while random faults\n"
           "strike them; then the ledger. Exit 0 where it balances, 1 where it does not, or where too\n"
           "little happened to prove anything.\n"
           "\n"
           "  --minutes N   how long the faults go on; default 1, fractions are welcome\n"
           "  --seed S      draw the faults of that seed again; default: a fresh one, which is printed\n"
           "  --json FILE   write the ledger there, too\n";
}

}  // namespace delivery::chaos
