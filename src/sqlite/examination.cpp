#include "sqlite/examination.hpp"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "sqlite/failure.hpp"
#include "sqlite/migrator.hpp"

namespace delivery::sqlite {
namespace {

namespace fs = std::filesystem;
using enum ports::finding::grade;

constexpr std::uintmax_t mebibyte = 1024 * 1024;
constexpr std::uintmax_t room_needed = 64 * mebibyte;
constexpr std::uintmax_t room_wanted = 1024 * mebibyte;

/// The deepest on the way to the file that there is: a folder, unless something else is in the way.
fs::path nearest(const fs::path& file) {
    std::error_code ignored;
    auto found = fs::absolute(file).parent_path();
    while (!fs::exists(found, ignored) && found.has_relative_path()) found = found.parent_path();
    return found;
}

bool may_write(const fs::path& path) { return access(path.c_str(), W_OK) == 0; }

ports::finding look_at_file(const fs::path& file, const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
        return {.check = "database",
                .result = failed,
                .what = fmt::format("{} is no folder", folder.string()),
                .remedy = "set DATABASE_URL to a place where a file can be made"};
    }
    const bool exists = fs::exists(file, ignored);
    if (!may_write(folder) || (exists && !may_write(file))) {
        const auto& refused = may_write(folder) ? file : folder;
        return {.check = "database",
                .result = failed,
                .what = fmt::format("{} cannot be written by this user", refused.string()),
                .remedy = "change its owner, or set DATABASE_URL to a place that can be"};
    }
    return {
        .check = "database",
        .what = exists ? file.string() : fmt::format("{} will be made at the first start", file.string())};
}

ports::finding look_at_schema(const std::string& path) {
    try {
        const auto state = migrator(path).status();
        if (!state.incompatibility || !state.pending.empty()) {
            return {.check = "schema",
                    .what = fmt::format("{} migrations applied, {} at the next start", state.applied.size(),
                                        state.pending.size())};
        }
        return {.check = "schema",
                .result = failed,
                .what = *state.incompatibility,
                .remedy = "run a program that is as new as the schema"};
    } catch (const std::exception& error) {
        return {.check = "schema",
                .result = failed,
                .what = error.what(),
                .remedy = "name a database of delivery in DATABASE_URL, or one that does not exist yet"};
    }
}

ports::finding look_at_room(const fs::path& folder) {
    std::error_code failure;
    const auto space = fs::space(folder, failure);
    if (failure) {
        return {.check = "disk", .result = warning, .what = failure.message(), .remedy = "look at its disk"};
    }
    auto what = fmt::format("{} MiB free", space.available / mebibyte);
    if (space.available >= room_wanted) return {.check = "disk", .what = std::move(what)};
    return {.check = "disk",
            .result = space.available < room_needed ? failed : warning,
            .what = std::move(what),
            .remedy = "make room: without it no order can be stored"};
}

}  // namespace

ports::findings examine(const std::string& path) {
    const auto folder = nearest(path);
    return {look_at_file(path, folder), look_at_schema(path), look_at_room(folder)};
}

}  // namespace delivery::sqlite
