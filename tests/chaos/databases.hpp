#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "chaos/disk.hpp"
#include "chaos/succession_log.hpp"
#include "support/servers.hpp"
#include "support/sql.hpp"

namespace delivery::chaos {

/// A PostgreSQL and a synchronous standby, which takes its place in a fail-over and gets a standby of its own
/// then. With a disk size, each has its data on a small disk. Used by one thread at a time, but for its
/// successions.
class database_pair {
public:
    database_pair(std::filesystem::path folder, std::optional<std::size_t> disk_bytes);

    [[nodiscard]] const std::string& url() const { return primary_.server->url(); }
    [[nodiscard]] int port() const { return primary_.server->port(); }
    std::unique_ptr<tests::sql_database> open() const { return tests::open_postgres(url()); }

    void kill() { primary_.server->kill(); }
    void stop() { primary_.server->stop(); }
    /// Starts the primary if it is down, and waits until it takes connections.
    void start();

    void fill_disk() { primary_.disk->fill(); }
    void free_disk() { primary_.disk->free(); }

    /// Waits until the standby has all that was written before, and commits wait for it; false where that
    /// does not come about.
    bool await_standby() const;

    [[nodiscard]] const succession_log& successions() const { return successions_; }

    /// Kills the primary and, after `absence`, has the standby take its place. `port()` is another then.
    void fail_over(std::chrono::milliseconds absence);
    /// Gives the new primary a standby, and has it wait for it from then on. To follow a fail-over.
    void add_standby();

    /// Copies the logs to the pair's folder.
    void keep_logs() const;

private:
    struct member {
        std::string name;
        std::unique_ptr<small_disk> disk;
        std::unique_ptr<tests::postgres_server> server;
    };

    member make_member(const std::string& primary_url = {});
    void remove(member gone) const;
    void keep_log(const member& of) const;

    std::filesystem::path folder_;
    std::optional<std::size_t> disk_bytes_;
    succession_log successions_;
    int members_ = 0;
    member primary_;
    member standby_;
};

}  // namespace delivery::chaos
