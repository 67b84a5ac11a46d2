#include <gtest/gtest.h>

#include <sys/mount.h>

#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "../orders.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"
#include "support/service.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> none;

environment on_port(int port) {
    return {{"APP_PORT", std::to_string(port)}, {"PICKING_DURATION", "5ms"}, {"TRANSIT_DURATION", "10ms"}};
}

void expect_sound(const std::filesystem::path& folder) {
    const auto audit = run_delivery_in(folder, {"audit"});
    EXPECT_EQ(audit.status.code, 0) << audit.output << audit.errors;
}

TEST(embedded_faults, killed_at_any_moment_it_loses_nothing_and_repeats_nothing) {
    const temp_folder folder;
    const int port = free_port();
    std::mt19937 random(std::random_device{}());
    std::uniform_int_distribution<int> milliseconds(20, 400);
    order_load load(port, 8);
    for (int round = 0; round < 8; ++round) {
        service delivery(folder.path(), {"run"}, on_port(port));
        delivery.await_ready();
        const auto before = load.acknowledged_count();
        ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > before; })) << delivery.log();
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
        delivery.signal(SIGKILL);
        ASSERT_TRUE(delivery.wait());
    }
    load.stop();
    service delivery(folder.path(), {"run"}, on_port(port));
    delivery.await_ready();
    const auto ids = load.acknowledged();
    EXPECT_GT(ids.size(), 100U);
    EXPECT_EQ(undelivered(port, ids, 30s), none);
    EXPECT_EQ(history_faults(port, ids), none);
    EXPECT_EQ(load.refused_without_retry_after(), 0);
    delivery.terminate();
    expect_sound(folder.path());
}

TEST(embedded_faults, sigterm_under_load_answers_every_accepted_request) {
    const temp_folder folder;
    const int port = free_port();
    service delivery(folder.path(), {"run"}, on_port(port));
    delivery.await_ready();
    order_load load(port, 16);
    ASSERT_TRUE(eventually(10s, [&] { return load.acknowledged_count() > 500; }));

    const auto begin = std::chrono::steady_clock::now();
    const auto status = delivery.terminate();
    EXPECT_EQ(status, (exit_status{.code = 0, .signal = 0})) << delivery.log();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
    load.stop();

    // Whatever was stored was also answered.
    const auto database = open_sqlite(folder / "data" / "delivery.db");
    EXPECT_EQ(database->number("SELECT count(*) FROM orders"),
              static_cast<std::int64_t>(load.acknowledged_count()));
    expect_sound(folder.path());
}

TEST(embedded_faults, an_idempotency_key_outlives_a_crash) {
    const temp_folder folder;
    const http_headers key{{"Idempotency-Key", "crash"}};
    const std::string body = R"({"customer_name":"Ana","address":"Rua 1"})";
    std::string first;
    {
        service delivery(folder.path(), {"run"});
        first = http_request(delivery.port(), "POST", "/orders", body, key).body;
        delivery.signal(SIGKILL);
        ASSERT_TRUE(delivery.wait());
    }
    service delivery(folder.path(), {"run"});
    const auto again = http_request(delivery.port(), "POST", "/orders", body, key);
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(again.body, first);
}

TEST(embedded_faults, an_order_that_lost_its_timer_is_announced_again) {
    const temp_folder folder;
    std::string id;
    {
        service delivery(folder.path(), {"run"}, {{"PICKING_DURATION", "1h"}});
        id = post_order(delivery.port());
        const auto database = open_sqlite(folder / "data" / "delivery.db");
        ASSERT_TRUE(eventually(5s, [&] { return database->number("SELECT count(*) FROM timers") == 1; }));
        ASSERT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0}));
    }
    open_sqlite(folder / "data" / "delivery.db")->query("DELETE FROM timers");
    EXPECT_EQ(run_delivery_in(folder.path(), {"audit"}).status.code, 1);
    auto variables = on_port(0);
    variables["REDRIVE_AFTER"] = "1s";
    service delivery(folder.path(), {"run"}, variables);
    EXPECT_EQ(undelivered(delivery.port(), {id}, 15s), none);
    EXPECT_EQ(history_faults(delivery.port(), {id}), none);
}

TEST(embedded_faults, a_second_writer_on_the_file_is_refused) {
    const temp_folder folder;
    service first(folder.path(), {"run"});
    const auto id = post_order(first.port());
    const auto second =
        run_delivery_in(folder.path(), {"run"}, {{"APP_HOST", "127.0.0.1"}, {"APP_PORT", "0"}});
    EXPECT_EQ(second.status.code, 2) << second.errors;
    EXPECT_NE(second.errors.find("delivery.db"), std::string::npos) << second.errors;
    EXPECT_EQ(http_request(first.port(), "GET", "/orders/" + id).status, 200);
}

TEST(embedded_faults, a_taken_port_is_named) {
    const temp_folder folder;
    service first(folder.path(), {"run"});
    const auto port = std::to_string(first.port());
    const temp_folder other;
    const auto second =
        run_delivery_in(other.path(), {"run"}, {{"APP_HOST", "127.0.0.1"}, {"APP_PORT", port}});
    EXPECT_EQ(second.status.code, 1) << second.errors;
    EXPECT_NE(second.errors.find(port), std::string::npos) << second.errors;
}

// A small file system of the test's own.
class small_disk {
public:
    explicit small_disk(std::filesystem::path where) : path_(std::move(where)) {
        std::filesystem::create_directories(path_);
        is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=6m") == 0;
    }
    ~small_disk() {
        if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    [[nodiscard]] bool is_mounted() const { return is_mounted_; }
    /// As far as it goes.
    void fill() const { std::ofstream(path_ / "filler") << std::string(64U << 20U, 'x'); }
    void make_room() const { std::filesystem::remove(path_ / "filler"); }

private:
    std::filesystem::path path_;
    bool is_mounted_ = false;
};

TEST(embedded_faults, a_full_disk_is_503_and_room_makes_it_well_again) {
    const temp_folder folder;
    const small_disk disk(folder / "data");
    if (!disk.is_mounted()) GTEST_SKIP() << "a file system can be mounted by root alone";
    service delivery(folder.path(), {"run"},
                     {{"PICKING_DURATION", "5ms"}, {"TRANSIT_DURATION", "5ms"}, {"REQUEST_TIMEOUT", "1s"}});
    const int port = delivery.port();
    std::vector<std::string> ids{post_order(port)};

    disk.fill();
    std::optional<http_answer> refused;
    for (int count = 0; count < 3000 && !refused; ++count) {
        const auto body = R"({"customer_name":"x","address":")" + std::string(480, 'y') + R"("})";
        const auto answer = http_request(port, "POST", "/orders", body);
        if (answer.status == 201) {
            ids.emplace_back(answer.header("Location").substr(8));
        } else {
            refused = answer;
        }
    }
    ASSERT_TRUE(refused) << "the disk never became full";
    EXPECT_EQ(refused->status, 503) << refused->body;
    EXPECT_TRUE(refused->has_header("Retry-After"));
    EXPECT_EQ(http_request(port, "GET", "/livez").status, 200);
    EXPECT_EQ(http_request(port, "GET", "/orders/" + ids.front()).status, 200);

    disk.make_room();
    EXPECT_TRUE(eventually(10s, [&] {
        const auto answer = http_request(port, "POST", "/orders", R"({"customer_name":"x","address":"y"})");
        if (answer.status == 201) ids.emplace_back(answer.header("Location").substr(8));
        return answer.status == 201;
    }));
    EXPECT_EQ(undelivered(port, ids, 20s), none);
    EXPECT_EQ(history_faults(port, ids), none);
    EXPECT_EQ(delivery.terminate(), (exit_status{.code = 0, .signal = 0}));
    expect_sound(folder.path());
}

}  // namespace
}  // namespace delivery::tests
