#include <gtest/gtest.h>

#include <map>
#include <set>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/amqp_client.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

const std::string dead_letter_queue = "delivery.worker.dead-letter";

/// docs/backup.md, gone through: PostgreSQL with an archive is backed up under load, goes on, and is brought
/// back to a moment in between; the broker is not, and knows more than the database then.
class backup : public testing::Test {
protected:
    backup() {
        shell("mkdir archive && chown --reference=server/postgres/data archive");
        const auto database = open_postgres(postgres_->url());
        database->query("ALTER SYSTEM SET archive_mode = on");
        const auto file = (folder_ / "archive/%f").string();
        database->query("ALTER SYSTEM SET archive_command = 'test ! -f " + file + " && cp %p " + file +
                        ".part && sync " + file + ".part && mv " + file + ".part " + file + "'");
        postgres_->stop();
        postgres_->start();
        observer_.observe_events();
    }

    /// Runs what a runbook says, in the folder that has server, archive and backup.
    void shell(const std::string& script) {
        const auto result = run_command(
            {"/bin/bash", "-c",
             "set -euo pipefail; cd " + folder_.path().string() +
                 R"(; programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1); )" + script},
            60s, {{"URL", postgres_->url()}});
        ASSERT_EQ(result.status.code, 0) << script << "\n" << result.output << result.errors;
    }

    void restore_to(const std::string& moment) {
        postgres_->stop();
        shell("mv server/postgres/data lost && mv backup server/postgres/data");
        shell("cat >>server/postgres/data/postgresql.auto.conf <<'END'\nrestore_command = 'cp " +
              (folder_ / "archive/%f").string() + " %p'\nrecovery_target_time = '" + moment +
              "'\nrecovery_target_action = 'promote'\nEND\n"
              "touch server/postgres/data/recovery.signal\n"
              "chown -R --reference=server/postgres server/postgres/data");
        postgres_->start();
        const auto database = open_postgres(postgres_->url());
        ASSERT_TRUE(eventually(20s, [&] { return database->value("SELECT pg_is_in_recovery()") == "f"; }));
    }

    std::unique_ptr<service> start(const std::string& role, const environment& more = {}) {
        auto process = deployment_.start(role, more);
        process->await_ready();
        return process;
    }

    std::vector<std::string> post_orders(int count) {
        std::vector<std::string> ids;
        for (int i = 0; i < count; ++i) ids.push_back(post_order(api_->port()));
        return ids;
    }

    bool await_count(const std::string& query, std::int64_t expected) {
        const auto database = deployment_.open_database();
        return eventually(20s, [&] { return database->number(query) == expected; });
    }

    bool await_published() { return await_count("SELECT count(*) FROM outbox", 0); }

    /// How many different events were heard of each of these orders' second version.
    std::map<std::string, std::size_t> second_versions_heard(const std::vector<std::string>& ids) {
        std::map<std::string, std::set<std::string>> heard;
        while (const auto message = observer_.next(500ms)) {
            if (message->headers.at("cloudEvents_sequence") != "2") continue;
            EXPECT_EQ(message->routing_key, "order.in_transit");
            heard[message->headers.at("cloudEvents_subject")].insert(message->message_id);
        }
        std::map<std::string, std::size_t> counts;
        for (const auto& id : ids) counts[id] = heard[id].size();
        return counts;
    }

    std::map<std::string, int> take_dead_letters() {
        std::map<std::string, int> reasons;
        while (const auto letter = looker_.take(dead_letter_queue))
            ++reasons[letter->headers.at("x-delivery-reason")];
        return reasons;
    }

    temp_folder folder_;
    std::unique_ptr<postgres_server> postgres_ = postgres_server::in(folder_ / "server");
    deployment deployment_{*postgres_, shared_rabbitmq()};
    amqp_client observer_{deployment_.rabbitmq_url()};
    amqp_client looker_{deployment_.rabbitmq_url()};
    std::unique_ptr<service> api_;
    std::unique_ptr<service> relay_;
    std::unique_ptr<service> worker_;
};

TEST_F(backup, is_restored_to_a_moment_and_every_order_of_then_is_delivered) {
    api_ = start("api");
    relay_ = start("relay");
    worker_ = start("worker");
    order_load load(api_->port(), 4, 10ms);
    ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > 20; }));
    shell(
        "\"$programs/pg_basebackup\" --pgdata=backup --dbname=\"$URL\" --wal-method=stream "
        "--checkpoint=fast");
    const auto during_backup = load.acknowledged_count();
    ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > during_backup + 20; }));
    load.stop();
    auto kept = load.acknowledged();
    ASSERT_TRUE(deployment_.await_quiet());

    // These have been announced, and nobody has taken their first step yet.
    worker_->terminate();
    const auto waiting = post_orders(20);
    kept.insert(kept.end(), waiting.begin(), waiting.end());
    ASSERT_TRUE(await_published());
    const auto moment = deployment_.open_database()->value("SELECT clock_timestamp()");

    // Afterwards they go on by one step, which the broker hears of, and new orders come.
    relay_->terminate();
    worker_ = start("worker", {{"PICKING_DURATION", "0"}});
    ASSERT_TRUE(await_count("SELECT count(*) FROM orders WHERE status = 'IN_TRANSIT'", 20));
    worker_->terminate();
    relay_ = start("relay");
    const auto lost = post_orders(10);
    ASSERT_TRUE(await_published());
    for (auto* role : {api_.get(), relay_.get()}) role->terminate();

    restore_to(moment);
    api_ = start("api");
    worker_ = start("worker");
    EXPECT_TRUE(eventually(20s, [&] { return looker_.depth(dead_letter_queue) == 30; }));
    relay_ = start("relay", {{"REDRIVE_AFTER", "1s"}});
    deployment_.expect_all_delivered(api_->port(), kept);
    for (const auto& id : lost)
        EXPECT_EQ(http_request(api_->port(), "GET", "/orders/" + id).status, 404) << id;
    EXPECT_EQ(take_dead_letters(),
              (std::map<std::string, int>{{"message is ahead of its order", 20}, {"no such order", 10}}));
    for (const auto& [id, count] : second_versions_heard(waiting))
        EXPECT_EQ(count, 2U) << id << ": one version, told once by each of the two pasts";
    deployment_.expect_all_delivered(api_->port(), post_orders(3));
}

}  // namespace
}  // namespace delivery::tests
