#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

namespace delivery::chaos {

/// Gives this process mounts of its own, which go with it and its children however they end; or says why the
/// system does not let it. To be called before any thread is started.
std::expected<void, std::string> enter_private_mounts();

/// A small disk in memory, mounted on a folder that it makes.
class small_disk {
public:
    small_disk(std::filesystem::path folder, std::size_t bytes);
    ~small_disk();
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    /// Shrinks it to what is in use: nothing more can be written.
    void fill();
    void free();

private:
    void resize(std::size_t bytes) const;
    [[nodiscard]] std::size_t used() const;

    std::filesystem::path folder_;
    std::size_t bytes_;
};

}  // namespace delivery::chaos
