#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chaos/databases.hpp"
#include "chaos/roles.hpp"
#include "support/servers.hpp"
#include "support/tcp_proxy.hpp"

namespace delivery::chaos {

/// What the machine allows, found out before the start.
struct deployment_options {
    std::filesystem::path folder;             ///< Exists; logs and data go there.
    std::optional<std::size_t> disk_bytes{};  ///< Nothing where small disks cannot be made.
    std::optional<std::string> faketime_library{};
};

/// Servers, proxies and roles. Each process reaches PostgreSQL through a proxy of its own. To RabbitMQ there
/// is one proxy for all, because processes on one database must name their broker alike. Clients reach each
/// API through a proxy.
class deployment {
public:
    explicit deployment(const deployment_options& options);

    [[nodiscard]] database_pair& database() { return database_; }
    [[nodiscard]] tests::rabbitmq_server& broker() { return *broker_; }
    [[nodiscard]] role_keeper& roles() { return roles_; }
    [[nodiscard]] tests::tcp_proxy& to_database(std::size_t process) { return *to_database_.at(process); }
    [[nodiscard]] tests::tcp_proxy& to_broker() { return to_broker_; }
    [[nodiscard]] std::span<const std::unique_ptr<tests::tcp_proxy>> to_apis() const { return to_apis_; }
    [[nodiscard]] std::vector<int> api_ports() const;

    /// Leads all to where the database is now.
    void follow_database();

    /// Runs a command of the service on the servers themselves, past all proxies.
    tests::command_result run(std::vector<std::string> arguments);

    /// Copies the servers' logs to the folder.
    void keep_logs() const;

private:
    [[nodiscard]] std::vector<std::string> database_urls() const;
    std::string migrated_and_proxied_broker_url();

    std::filesystem::path folder_;
    database_pair database_;
    std::unique_ptr<tests::rabbitmq_server> broker_;
    std::vector<std::unique_ptr<tests::tcp_proxy>> to_database_;
    tests::tcp_proxy to_broker_;
    role_keeper roles_;
    std::vector<std::unique_ptr<tests::tcp_proxy>> to_apis_;
};

}  // namespace delivery::chaos
