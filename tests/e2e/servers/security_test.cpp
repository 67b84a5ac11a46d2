#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <regex>

#include "../deployment.hpp"
#include "../hostile_texts.hpp"
#include "../orders.hpp"
#include "support/certificates.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

using namespace std::chrono_literals;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// The URL with another user, whose password is "secret".
std::string with_user(const std::string& url, const std::string& user) {
    return std::regex_replace(url, std::regex("//.*@"), "//" + user + ":secret@");
}

/// The documentation's SQL for a user of the roles.
std::string documented_grants() {
    const auto text = read_file(DELIVERY_SOURCE_DIR "/docs/operations.md");
    const std::string begin = "```sql\n";
    const auto from = text.find(begin) + begin.size();
    return text.substr(from, text.find("```", from) - from);
}

TEST(least_privileges, of_the_documentation_are_all_that_the_roles_need) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    const auto& broker_url = deployed.rabbitmq_url();
    const auto user = "app_" + deployed.database_url().substr(deployed.database_url().rfind('/') + 1);
    const auto database = deployed.open_database();
    database->query("CREATE USER " + user + " PASSWORD 'secret'");
    database->query(replaced(documented_grants(), "delivery_app", user));
    const auto vhost = broker_url.substr(broker_url.rfind('/') + 1);
    shared_rabbitmq().add_user(vhost, user, "secret", R"(delivery\\.)");

    deployed.variables["DATABASE_URL"] = with_user(deployed.database_url(), user);
    deployed.variables["RABBITMQ_URL"] = with_user(broker_url, user);
    deployed.variables["REDRIVE_AFTER"] = "1s";
    const auto api = deployed.start("api");
    const auto relay = deployed.start("relay");
    const auto worker = deployed.start("worker");
    for (auto* role : {api.get(), relay.get(), worker.get()}) role->await_ready();
    const auto keyed =
        http_request(api->port(), "POST", "/orders", order_body("Ana"), {{"Idempotency-Key", "once"}});
    EXPECT_EQ(keyed.status, 201) << keyed.body;
    deployed.expect_all_delivered(api->port(), {post_order(api->port()), text_at(keyed.json(), "id")});
    for (auto* role : {api.get(), relay.get(), worker.get()}) {
        EXPECT_EQ(role->terminate(), (exit_status{.code = 0, .signal = 0}));
        EXPECT_EQ(role->log().find("42501"), std::string::npos) << "permission denied: " << role->log();
    }

    const auto session = open_postgres(deployed.variables["DATABASE_URL"]);
    for (const auto* forbidden :
         {"UPDATE order_events SET status = 'LOST'", "DELETE FROM order_events", "DELETE FROM orders",
          "DELETE FROM schema_migrations", "DROP TABLE orders", "CREATE TABLE mine ()"}) {
        EXPECT_THROW(session->query(forbidden), std::runtime_error) << forbidden;
    }
    EXPECT_EQ(deployed.run({"migrate", "down"}).status.code, 1);
}

TEST(wrong_password, is_not_shown_to_anyone) {
    deployment deployed(shared_postgres(), shared_rabbitmq());
    deployed.variables["DATABASE_URL"] = with_user(deployed.database_url(), "nobody");
    deployed.variables["RABBITMQ_URL"] = with_user(deployed.rabbitmq_url(), "nobody");
    for (const auto* name : {"api", "relay", "worker"}) {
        const auto role = deployed.start(name);
        const auto readiness = [&] { return http_request(role->port(), "GET", "/readyz"); };
        ASSERT_TRUE(eventually(5s, [&] { return readiness().status == 503; }));
        EXPECT_EQ(readiness().body.find("secret"), std::string::npos) << readiness().body;
        EXPECT_TRUE(eventually(5s, [&] { return role->log().find("nobody") != std::string::npos; }))
            << role->log();
        role->terminate();
        EXPECT_EQ(role->log().find("secret"), std::string::npos) << role->log();
    }
    for (const auto* command : {"audit", "seed"}) {
        const auto result = deployed.run({command});
        EXPECT_EQ(result.status.code, 1);
        EXPECT_EQ(result.errors.find("secret"), std::string::npos) << result.errors;
    }
}

/// This process's own PostgreSQL, made to offer TLS. The files must be the server's own, so it writes them.
class postgres_tls : public testing::Test {
protected:
    postgres_tls() {
        auto& server = own_postgres();
        database_url_ = server.fresh_database();
        const auto session = open_postgres(server.url());
        for (const auto* name : {"server.pem", "server.key"}) {
            const auto encoded = run_command({"/usr/bin/base64", "-w0", (files_ / name).string()}, 5s);
            session->query("COPY (SELECT '" + encoded.output + "') TO PROGRAM 'umask 077 && base64 -d > " +
                           std::string(name) + "'");
        }
        session->query("ALTER SYSTEM SET ssl_cert_file = 'server.pem'");
        session->query("ALTER SYSTEM SET ssl_key_file = 'server.key'");
        session->query("ALTER SYSTEM SET ssl = on");
        session->query("SELECT pg_reload_conf()");
        EXPECT_TRUE(eventually(10s, [&] { return open_postgres(server.url())->value("SHOW ssl") == "on"; }));
    }
    ~postgres_tls() override {
        const auto session = open_postgres(own_postgres().url());
        session->query("ALTER SYSTEM RESET ssl");
        session->query("SELECT pg_reload_conf()");
    }

    [[nodiscard]] std::string url(const std::string& host, const std::string& authority) const {
        return replaced(database_url_, "@127.0.0.1:", "@" + host + ":") +
               "?sslmode=verify-full&sslrootcert=" + authority;
    }

    certificates files_;
    std::string database_url_;
};

TEST_F(postgres_tls, is_used_and_checked) {
    const auto authority = (files_ / "ca.pem").string();
    const temp_folder folder;
    const environment good{{"DATABASE_URL", url("localhost", authority)}};
    const auto migrated = run_delivery_in(folder.path(), {"migrate", "up"}, good);
    ASSERT_EQ(migrated.status.code, 0) << migrated.errors;
    service delivery(folder.path(), {"run"}, good);
    delivery.await_ready();
    post_order(delivery.port());
    EXPECT_EQ(
        open_postgres(database_url_)
            ->number("SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) "
                     "WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND NOT s.ssl"),
        0);

    const auto other_name = run_delivery_in(folder.path(), {"migrate", "status"},
                                            {{"DATABASE_URL", url("127.0.0.1", authority)}});
    EXPECT_EQ(other_name.status.code, 1);
    EXPECT_NE(other_name.errors.find("does not match host name"), std::string::npos) << other_name.errors;
    const auto other_authority = run_delivery_in(
        folder.path(), {"audit"}, {{"DATABASE_URL", url("localhost", "/etc/ssl/certs/ca-certificates.crt")}});
    EXPECT_EQ(other_authority.status.code, 1);
    EXPECT_NE(other_authority.errors.find("certificate verify failed"), std::string::npos)
        << other_authority.errors;
}

}  // namespace
}  // namespace delivery::tests
