#include "chaos/databases.hpp"

#include <sys/stat.h>

#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/eventually.hpp"
#include "support/temp_folder.hpp"

namespace delivery::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 120s;

bool answers(const std::string& url) {
    try {
        return tests::open_postgres(url)->value("SELECT pg_is_in_recovery()") == "f";
    } catch (const std::exception&) {
        return false;
    }
}

void set(tests::sql_database& database, const std::string& setting, const std::string& value) {
    database.query("ALTER SYSTEM SET " + setting + " = '" + value + "'");
    database.query("SELECT pg_reload_conf()");
}

}  // namespace

database_pair::database_pair(std::filesystem::path folder, std::optional<std::size_t> disk_bytes)
    : folder_(std::move(folder)), disk_bytes_(disk_bytes), primary_(make_member()) {
    const auto database = open();
    set(*database, "max_wal_size", "256MB");
    set(*database, "wal_retrieve_retry_interval", "200ms");
    add_standby();
}

// services.sh has a server's data where the file "base" says, while logs stay off the small disk.
database_pair::member database_pair::make_member(const std::string& primary_url) {
    member made{.name = "postgres-" + std::to_string(++members_), .disk = {}, .server = {}};
    const auto folder = folder_ / made.name;
    if (disk_bytes_) {
        made.disk = std::make_unique<small_disk>(folder_ / (made.name + "-disk"), *disk_bytes_);
        const auto base = made.disk->folder() / "base";
        std::filesystem::create_directory(base);
        using std::filesystem::perms;
        std::filesystem::permissions(base, perms::owner_all | perms::group_exec | perms::others_exec);
        std::filesystem::create_directory(folder);
        tests::write_file(folder / "base", base.string() + "\n");
    }
    made.server = tests::postgres_server::in(folder, primary_url);
    return made;
}

void database_pair::start() {
    const bool is_up = tests::eventually(
        patience,
        [this] {
            try {
                primary_.server->start();
            } catch (const std::exception&) {
                return false;  // It may still be on its way down.
            }
            return answers(url());
        },
        200ms);
    if (!is_up) throw std::runtime_error("PostgreSQL does not come back");
}

// A standby that streams need not have flushed all that was committed while there was none, or while a crash
// ended the wait for it. That can be read, and must not be lost in a fail-over.
bool database_pair::await_standby() const {
    std::string written;
    return tests::eventually(
        patience,
        [&] {
            try {
                const auto database = open();
                if (written.empty()) written = database->value("SELECT pg_current_wal_flush_lsn()");
                return database->value(
                           "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND "
                           "state = 'streaming' AND flush_lsn >= '" +
                           written + "'") == "1";
            } catch (const std::exception&) {
                return false;
            }
        },
        100ms);
}

void database_pair::fail_over(std::chrono::milliseconds absence) {
    if (!await_standby()) throw std::runtime_error("there is no synchronous standby");
    successions_.begin();
    primary_.server->kill();
    successions_.end();
    std::this_thread::sleep_for(absence);
    const auto promoted = tests::open_postgres(standby_.server->url());
    if (promoted->value("SELECT pg_promote(true, 60)") != "t")
        throw std::runtime_error("the standby was not promoted");
    promoted->query("ALTER SYSTEM RESET synchronous_standby_names");
    promoted->query("SELECT pg_reload_conf()");
    std::swap(primary_, standby_);
}

// A primary that is dead must never come back: it does not know that it was succeeded.
void database_pair::add_standby() {
    if (standby_.server) remove(std::exchange(standby_, {}));
    standby_ = make_member(url());
    set(*open(), "synchronous_standby_names", "standby");
    if (!await_standby()) throw std::runtime_error("the standby does not follow");
}

void database_pair::remove(member gone) const {
    keep_log(gone);
    gone.server.reset();
    gone.disk.reset();
}

void database_pair::keep_log(const member& of) const {
    std::error_code ignored;
    std::filesystem::copy_file(folder_ / of.name / "postgres.log", folder_ / (of.name + ".log"),
                               std::filesystem::copy_options::overwrite_existing, ignored);
}

void database_pair::keep_logs() const {
    keep_log(primary_);
    keep_log(standby_);
}

}  // namespace delivery::chaos
