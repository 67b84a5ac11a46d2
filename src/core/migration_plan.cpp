#include "core/migration_plan.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

namespace delivery::core {
namespace {

constexpr std::string_view up_suffix = ".up.sql";
constexpr std::string_view down_suffix = ".down.sql";
constexpr std::string_view option_prefix = "-- delivery:";

using fault = std::unexpected<std::string>;

std::optional<int> parse_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1) return std::nullopt;
    return number;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

struct script_options {
    bool in_transaction = true;
    std::optional<int> oldest_binary;
};

// Options stand above everything else, so that SQL further down can never be taken for one.
std::expected<script_options, std::string> read_options(const migration_file& file) {
    script_options options;
    auto rest = file.bytes;
    while (rest.starts_with(option_prefix)) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto option = trim(line.substr(option_prefix.size()));
        constexpr std::string_view oldest = "oldest-binary ";
        if (option == "no-transaction") {
            options.in_transaction = false;
        } else if (option.starts_with(oldest) && parse_number(trim(option.substr(oldest.size())))) {
            options.oldest_binary = parse_number(trim(option.substr(oldest.size())));
        } else {
            return fault(fmt::format("{}: unknown option '{}'", file.name, option));
        }
    }
    return options;
}

struct script_pair {
    const migration_file* up = nullptr;
    const migration_file* down = nullptr;
};

std::expected<std::map<std::string, script_pair>, std::string> pair_scripts(
    std::span<const migration_file> files) {
    std::map<std::string, script_pair> pairs;
    for (const auto& file : files) {
        if (file.name.ends_with(up_suffix)) {
            pairs[std::string(file.name.substr(0, file.name.size() - up_suffix.size()))].up = &file;
        } else if (file.name.ends_with(down_suffix)) {
            pairs[std::string(file.name.substr(0, file.name.size() - down_suffix.size()))].down = &file;
        } else {
            return fault(
                fmt::format("{}: not a migration (NNNN_name.up.sql or NNNN_name.down.sql)", file.name));
        }
    }
    return pairs;
}

std::expected<migration, std::string> read_migration(const std::string& name, const script_pair& pair,
                                                     int expected) {
    const auto version = parse_number(std::string_view(name).substr(0, name.find('_')));
    if (!version) return fault(fmt::format("{}: the name does not begin with a version", name));
    if (*version != expected) return fault(fmt::format("{}: expected version {}", name, expected));
    if (!pair.up) return fault(fmt::format("{}{} is missing", name, up_suffix));
    if (!pair.down) return fault(fmt::format("{}{} is missing", name, down_suffix));
    const auto up = read_options(*pair.up);
    if (!up) return fault(up.error());
    const auto down = read_options(*pair.down);
    if (!down) return fault(down.error());
    if (up->oldest_binary.value_or(1) > *version) {
        return fault(fmt::format("{}: oldest-binary is above its own version", pair.up->name));
    }
    return migration{.version = *version,
                     .name = name,
                     .up_sql = std::string(pair.up->bytes),
                     .down_sql = std::string(pair.down->bytes),
                     .up_in_transaction = up->in_transaction,
                     .down_in_transaction = down->in_transaction,
                     .oldest_binary = up->oldest_binary.value_or(*version),
                     .checksum = std::string(pair.up->sha256)};
}

int newest(std::span<const migration> known) { return known.empty() ? 0 : known.back().version; }
int newest(std::span<const applied_migration> applied) {
    return applied.empty() ? 0 : applied.back().version;
}

std::optional<std::string> find_unfinished(std::span<const applied_migration> applied) {
    const auto unfinished = std::ranges::find(applied, false, &applied_migration::finished);
    if (unfinished == applied.end()) return std::nullopt;
    return fmt::format(
        "migration {} stopped halfway, unless it is still under way, and has no transaction to roll back: "
        "finish or undo its change by hand, then set finished (or delete its row) in schema_migrations",
        unfinished->name);
}

std::optional<std::string> find_too_new(std::span<const migration> known,
                                        std::span<const applied_migration> applied) {
    const auto binary = newest(known);
    for (const auto& row : applied) {
        if (row.version > binary && row.oldest_binary > binary) {
            return fmt::format(
                "the schema is at version {}, of which {} needs a binary that knows version {}; this one "
                "knows {}",
                newest(applied), row.name, row.oldest_binary, binary);
        }
    }
    return std::nullopt;
}

// Whether what was applied is what the files say, as far as this binary has them.
std::optional<std::string> find_mismatch(std::span<const migration> known,
                                         std::span<const applied_migration> applied) {
    if (auto unfinished = find_unfinished(applied)) return unfinished;
    int expected = 1;
    for (const auto& row : applied) {
        if (row.version != expected++) {
            return fmt::format("schema_migrations has no version {} although it has {}", expected - 1,
                               row.name);
        }
        if (row.version > newest(known)) continue;
        const auto file = std::ranges::find(known, row.version, &migration::version);
        if (file == known.end() || file->name != row.name) {
            return fmt::format("{}{} is missing, although it was applied", row.name, up_suffix);
        }
        if (file->checksum != row.checksum) {
            return fmt::format("{}{} has changed since it was applied", row.name, up_suffix);
        }
    }
    return std::nullopt;
}

}  // namespace

std::expected<std::vector<migration>, std::string> read_migrations(std::span<const migration_file> files) {
    const auto pairs = pair_scripts(files);
    if (!pairs) return fault(pairs.error());
    std::vector<migration> migrations;
    for (const auto& [name, pair] : *pairs) {
        auto read = read_migration(name, pair, static_cast<int>(migrations.size()) + 1);
        if (!read) return fault(read.error());
        migrations.push_back(std::move(*read));
    }
    return migrations;
}

std::expected<std::vector<migration>, std::string> plan_up(std::span<const migration> known,
                                                           std::span<const applied_migration> applied,
                                                           std::optional<int> to) {
    if (auto mismatch = find_mismatch(known, applied)) return fault(*mismatch);
    if (auto too_new = find_too_new(known, applied)) return fault(*too_new);
    const auto current = newest(applied);
    const auto target = to.value_or(std::max(newest(known), current));
    if (to && (target < 1 || target > newest(known))) {
        return fault(fmt::format("there is no version {}; the newest is {}", target, newest(known)));
    }
    if (to && target < current) {
        return fault(fmt::format("the schema is at version {}, above {}: use migrate down", current, target));
    }
    std::vector<migration> plan;
    std::ranges::copy_if(known, std::back_inserter(plan),
                         [&](const migration& m) { return m.version > current && m.version <= target; });
    return plan;
}

std::expected<std::vector<migration>, std::string> plan_down(std::span<const migration> known,
                                                             std::span<const applied_migration> applied,
                                                             std::optional<int> to) {
    if (auto mismatch = find_mismatch(known, applied)) return fault(*mismatch);
    const auto current = newest(applied);
    const auto target = to.value_or(std::max(current - 1, 0));
    if (target < 0) return fault(fmt::format("there is no version {}", target));
    if (target > current) return fault(fmt::format("the schema is at version {}, below {}", current, target));
    if (current > newest(known) && target < current) {
        return fault(fmt::format("{}{} is missing: this binary knows versions up to {}", applied.back().name,
                                 down_suffix, newest(known)));
    }
    std::vector<migration> plan;
    for (const auto& step : known) {
        if (step.version > target && step.version <= current) plan.insert(plan.begin(), step);
    }
    return plan;
}

std::optional<std::string> find_incompatibility(std::span<const migration> known,
                                                std::span<const applied_migration> applied) {
    if (auto too_new = find_too_new(known, applied)) return too_new;
    // A later one that admits this binary may take its hours, as an index on a large table does.
    const auto needed = std::ranges::upper_bound(applied, newest(known), {}, &applied_migration::version);
    if (auto unfinished = find_unfinished({applied.begin(), needed})) return unfinished;
    if (newest(applied) < newest(known)) {
        return fmt::format("the schema is at version {}, this binary needs {}: run delivery migrate up",
                           newest(applied), newest(known));
    }
    return std::nullopt;
}

schema_status find_status(std::span<const migration> known, std::vector<applied_migration> applied) {
    schema_status found{.applied = std::move(applied), .pending = {}, .incompatibility = {}};
    found.incompatibility = find_incompatibility(known, found.applied);
    if (auto plan = plan_up(known, found.applied, std::nullopt)) {
        found.pending = std::move(*plan);
    } else {
        found.incompatibility = plan.error();
    }
    return found;
}

}  // namespace delivery::core
