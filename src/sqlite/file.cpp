#include "sqlite/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "sqlite/database.hpp"

namespace delivery::sqlite {
namespace {

void create_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return;
    create_folder(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        throw open_error("the folder " + folder.string() + " cannot be made: " + system_reason());
    }
}

}  // namespace

void create_file(const std::string& path) {
    create_folder(std::filesystem::path(path).parent_path());
    // SQLite gives its side files the mode of the database, so this decides for all.
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) throw open_error(path + " cannot be opened: " + system_reason());
    ::close(descriptor);
}

std::string system_reason() { return std::generic_category().message(errno); }

}  // namespace delivery::sqlite
