#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "postgres/libpq.hpp"
#include "postgres/migrator.hpp"

namespace delivery::postgres {

/// A lock was not to be had: not within lock_timeout, or only against a session that waits for ours in turn.
/// The statement has done nothing.
class lock_not_available : public migration_error {
public:
    using migration_error::migration_error;
};

/// A connection that blocks, for commands that a person waits for. Throws migration_error.
class blocking_connection {
public:
    /// Where `answer_within` is given, no statement waits longer for the server: it is then given up, and the
    /// connection is of no use any more.
    explicit blocking_connection(const std::string& url,
                                 std::optional<std::chrono::milliseconds> answer_within = std::nullopt);

    using row = std::vector<std::string>;

    /// Runs one statement or several; answers the last one's rows as text, NULL as nothing.
    std::vector<row> run(const std::string& sql);
    std::vector<row> run(const char* sql, const std::vector<std::string>& values);

    /// Whether the server still has us: a failed statement may have been the end of the connection.
    [[nodiscard]] bool is_alive() const;

private:
    std::vector<row> read(PGresult* result);
    PGresult* await_result();

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
    std::optional<std::chrono::milliseconds> answer_within_;
};

/// Whether the server is there and takes connections; asks for no password, so that a wrong one is still to
/// be found. Blocks, for a few seconds where nothing answers.
bool takes_connections(const std::string& url);

}  // namespace delivery::postgres
