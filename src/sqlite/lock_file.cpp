#include "sqlite/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sqlite/database.hpp"
#include "sqlite/file.hpp"

namespace delivery::sqlite {
namespace {

std::string read_holder(int descriptor) {
    std::array<char, 32> text{};
    const auto size = ::pread(descriptor, text.data(), text.size(), 0);
    std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return holder;
}

std::string describe_holder(int descriptor) {
    const auto holder = read_holder(descriptor);
    if (holder.empty()) return " is in use by another process";
    if (holder == std::to_string(::getpid())) return " is in use by this process already";
    return " is in use by another process (pid " + holder + ")";
}

}  // namespace

lock_file::lock_file(const std::string& database_path) {
    const auto path = database_path + ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
        throw open_error(path + " cannot be opened: " + system_reason());
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        const auto reason =
            errno == EWOULDBLOCK ? describe_holder(descriptor_) : " cannot be locked: " + system_reason();
        ::close(descriptor_);
        throw open_error(database_path + reason);
    }
    // Only for people to read; that it may fail, on a full disk for instance, does not weaken the lock.
    const auto holder = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor_, 0) == 0) {
        [[maybe_unused]] const auto written = ::pwrite(descriptor_, holder.data(), holder.size(), 0);
    }
}

lock_file::~lock_file() {
    [[maybe_unused]] const auto cleared = ::ftruncate(descriptor_, 0);
    ::close(descriptor_);
}

}  // namespace delivery::sqlite
