#pragma once

#include <filesystem>

namespace delivery::tests {

/// A folder, gone with this object, with a certificate for the host name localhost (server.pem, server.key)
/// and the authority that signed it (ca.pem), in files that any user may read.
class certificates {
public:
    certificates();
    ~certificates();
    certificates(const certificates&) = delete;
    certificates& operator=(const certificates&) = delete;

    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return folder_ / name; }

private:
    std::filesystem::path folder_;
};

}  // namespace delivery::tests
