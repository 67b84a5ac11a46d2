#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace delivery::tests {

/// Values as text; nothing for NULL.
using sql_rows = std::vector<std::vector<std::optional<std::string>>>;

/// A database behind the service's back, to look into it and to corrupt it. Blocks; throws
/// std::runtime_error.
class sql_database {
public:
    virtual ~sql_database() = default;

    /// Runs one statement, or several without results.
    virtual sql_rows query(const std::string& statement) = 0;

    /// The single value that the statement gives, empty for NULL.
    std::string value(const std::string& statement);
    std::int64_t number(const std::string& statement);
};

std::unique_ptr<sql_database> open_postgres(const std::string& url);
std::unique_ptr<sql_database> open_sqlite(const std::filesystem::path& file);

}  // namespace delivery::tests
