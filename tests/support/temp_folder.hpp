#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace delivery::tests {

/// A new folder under the system's folder for temporary files, that may be entered by other users; it stays.
std::filesystem::path make_temp_folder();

/// A folder of one test's own, gone with this object.
class temp_folder {
public:
    temp_folder() : path_(make_temp_folder()) {}
    ~temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// All bytes of a file; empty where it cannot be read.
std::string read_file(const std::filesystem::path& path);

void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace delivery::tests
