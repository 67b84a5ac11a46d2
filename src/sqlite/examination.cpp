#include "sqlite/examination.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "core/diagnosis.hpp"
#include "sqlite/failure.hpp"
#include "sqlite/file.hpp"
#include "sqlite/migrator.hpp"

namespace delivery::sqlite {
namespace {

namespace fs = std::filesystem;
using enum ports::finding::grade;

/// The deepest on the way to the file that there is: a folder, unless something else is in the way.
fs::path nearest(const fs::path& file) {
    std::error_code ignored;
    auto found = fs::absolute(file).parent_path();
    while (!fs::exists(found, ignored) && found.has_relative_path()) found = found.parent_path();
    return found;
}

/// Why no file can be made in the folder; empty where one can. Tried, since rights alone do not tell.
std::string find_obstacle(const fs::path& folder) {
    auto name = (folder / ".delivery-doctor-XXXXXX").string();
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) return fmt::format("{} cannot be written: {}", folder.string(), system_reason());
    ::close(descriptor);
    ::unlink(name.c_str());
    return {};
}

std::string find_obstacle(const fs::path& file, const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) return fmt::format("{} is no folder", folder.string());
    if (fs::exists(file, ignored)) {
        if (!fs::is_regular_file(file, ignored)) return fmt::format("{} is no file", file.string());
        if (::access(file.c_str(), R_OK | W_OK) != 0)
            return fmt::format("{} cannot be written: {}", file.string(), system_reason());
    }
    return find_obstacle(folder);
}

ports::finding look_at_file(const fs::path& file, const fs::path& folder) {
    if (auto obstacle = find_obstacle(file, folder); !obstacle.empty()) {
        return {.check = "database",
                .result = failed,
                .what = std::move(obstacle),
                .remedy =
                    "change its owner or make room, or set DATABASE_URL to a place where a file can be made"};
    }
    std::error_code ignored;
    return {.check = "database",
            .what = fs::exists(file, ignored)
                        ? file.string()
                        : fmt::format("{} will be made at the first start", file.string())};
}

ports::finding look_at_schema(const std::string& path) {
    try {
        return core::judge_schema(migrator(path).status(), core::migrated_by::service);
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
    return core::judge_room(space.available);
}

}  // namespace

ports::findings examine(const std::string& path) {
    const auto folder = nearest(path);
    ports::findings found{look_at_file(path, folder)};
    if (found.front().result != failed) found.push_back(look_at_schema(path));
    found.push_back(look_at_room(folder));
    return found;
}

}  // namespace delivery::sqlite
