#pragma once

#include <memory>
#include <string>
#include <vector>

#include "postgres/libpq.hpp"
#include "postgres/migrator.hpp"

namespace delivery::postgres {

/// A lock was not to be had within lock_timeout. The statement has done nothing.
class lock_not_available : public migration_error {
public:
    using migration_error::migration_error;
};

/// A connection that blocks, for commands that a person waits for. Throws migration_error.
class blocking_connection {
public:
    explicit blocking_connection(const std::string& url);

    using row = std::vector<std::string>;

    /// Runs one statement or several; answers the last one's rows as text, NULL as nothing.
    std::vector<row> run(const std::string& sql);
    std::vector<row> run(const char* sql, const std::vector<std::string>& values);

    /// Whether the server still has us: a failed statement may have been the end of the connection.
    [[nodiscard]] bool is_alive() const;

private:
    std::vector<row> read(PGresult* result);

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

/// Whether the server is there and takes connections; asks for no password, so that a wrong one is still to
/// be found. Blocks, for a few seconds where nothing answers.
bool takes_connections(const std::string& url);

}  // namespace delivery::postgres
