#include "chaos/disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

#include "support/eventually.hpp"

namespace delivery::chaos {
namespace {

[[noreturn]] void fail(const std::filesystem::path& folder) {
    throw std::system_error(errno, std::generic_category(), folder.string());
}

bool write(const char* file, const std::string& text) {
    const int opened = ::open(file, O_WRONLY | O_CLOEXEC);
    const bool written = ::write(opened, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(opened);
    return written;
}

// A user namespace in which we are who we are outside, but may mount.
bool enter_user_namespace() {
    const auto user = std::to_string(::geteuid());
    const auto group = std::to_string(::getegid());
    return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write("/proc/self/uid_map", user + " " + user + " 1") && write("/proc/self/setgroups", "deny") &&
           write("/proc/self/gid_map", group + " " + group + " 1");
}

}  // namespace

// Not a user namespace for root: it would know no other user, and the servers run as one (PostgreSQL refuses
// root).
std::expected<void, std::string> enter_private_mounts() {
    const bool is_root = ::geteuid() == 0;
    const bool is_apart = ::unshare(CLONE_NEWNS) == 0 || (!is_root && enter_user_namespace());
    if (is_apart && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return {};
    return std::unexpected(is_root ? "needs a small disk, and root may not mount one here (CAP_SYS_ADMIN)"
                                   : "needs a small disk, which only root may mount, or a user namespace");
}

small_disk::small_disk(std::filesystem::path folder, std::size_t bytes)
    : folder_(std::move(folder)), bytes_(bytes) {
    std::filesystem::create_directory(folder_);
    const auto options = "mode=0711,size=" + std::to_string(bytes);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, options.c_str()) != 0) fail(folder_);
}

small_disk::~small_disk() {
    ::umount2(folder_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(folder_, ignored);
}

// A disk that is being written to can have grown beyond the size that was just read.
void small_disk::fill() {
    const bool is_full = tests::eventually(std::chrono::seconds(10), [this] {
        try {
            resize(used());
            return true;
        } catch (const std::system_error&) {
            return false;
        }
    });
    if (!is_full) fail(folder_);
}

void small_disk::free() { resize(bytes_); }

void small_disk::resize(std::size_t bytes) const {
    const auto options = "mode=0711,size=" + std::to_string(bytes);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, options.c_str()) != 0) fail(folder_);
}

std::size_t small_disk::used() const {
    struct statvfs facts{};
    if (::statvfs(folder_.c_str(), &facts) != 0) fail(folder_);
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize;
}

}  // namespace delivery::chaos
