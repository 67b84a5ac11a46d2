#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/servers.hpp"
#include "support/service.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {

/// A database with its schema and a virtual host, both empty and its own, and roles that run on them. Steps
/// take a few milliseconds unless told otherwise. The servers must outlive it.
class deployment {
public:
    deployment(postgres_server& postgres, rabbitmq_server& rabbitmq);

    [[nodiscard]] const std::string& database_url() const { return database_url_; }
    [[nodiscard]] const std::string& rabbitmq_url() const { return rabbitmq_url_; }

    /// What every role and command gets; a test may change it before it starts some.
    environment variables;

    /// Starts `delivery <role>`; it need not be ready yet.
    std::unique_ptr<service> start(const std::string& role, const environment& more = {});

    /// Runs a command, such as {"audit"}, to its end.
    command_result run(std::vector<std::string> arguments);

    std::unique_ptr<sql_database> open_database() { return open_postgres(database_url_); }

    /// Waits, at most for `limit`, until no order is unfinished and no event unpublished, as the database has
    /// it.
    bool await_quiet(std::chrono::milliseconds limit = std::chrono::seconds(30));

    /// Expects that every acknowledged order is DELIVERED with its exact history, and that the audit agrees.
    void expect_all_delivered(int api_port, const std::vector<std::string>& ids,
                              std::chrono::milliseconds limit = std::chrono::seconds(40));

private:
    temp_folder folder_;
    std::string database_url_;
    std::string rabbitmq_url_;
};

/// The same URL with another port, such as a proxy's.
std::string with_port(const std::string& url, int port);

}  // namespace delivery::tests
