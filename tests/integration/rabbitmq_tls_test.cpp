#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "integration/rabbitmq_session.hpp"
#include "support/certificates.hpp"
#include "support/eventually.hpp"
#include "support/servers.hpp"
#include "support/service.hpp"

namespace delivery::tests {
namespace {

using ports::publish_outcome;
using std::chrono::seconds;

/// A listener for TLS on this process's own broker, and how to reach it.
class rabbitmq_tls : public testing::Test {
protected:
    rabbitmq_tls() {
        auto& server = own_rabbitmq();
        endpoint_ = rabbitmq::parse_url(server.fresh_vhost()).value();
        endpoint_.host = "localhost";
        endpoint_.port = static_cast<std::uint16_t>(free_port());
        endpoint_.tls = true;
        endpoint_.ca_file = folder_ / "ca.pem";
        const auto answer = server.evaluate(
            "application:ensure_all_started(ssl), rabbit_networking:start_ssl_listener({\"127.0.0.1\", " +
            std::to_string(endpoint_.port) + ", inet}, [{certfile, \"" + (folder_ / "server.pem").string() +
            "\"}, {keyfile, \"" + (folder_ / "server.key").string() + "\"}], 2).");
        EXPECT_TRUE(answer.starts_with("{ok, ok}")) << answer;
    }

    /// The fault of a bus that connects so, once it is not merely "not connected yet".
    std::string fault_of(const rabbitmq::endpoint& endpoint) {
        rabbitmq_session session(rabbitmq::options{.endpoint = endpoint});
        std::string fault;
        eventually(seconds(20), [&] {
            fault = session.bus().find_fault().value_or("");
            return fault != "not connected yet";
        });
        return fault;
    }

    rabbitmq::endpoint endpoint_;

private:
    certificates folder_;
};

TEST_F(rabbitmq_tls, publishes_and_consumes) {
    // Nothing is acknowledged, so the prefetch must admit them all.
    rabbitmq_session session(rabbitmq::options{.endpoint = endpoint_, .prefetch = 3000});
    const auto batch = make_event_messages(3000);
    EXPECT_EQ(count_of(session.publish(batch), publish_outcome::confirmed), batch.size());
    EXPECT_EQ(event_ids(session.receive(batch.size())), event_ids(batch));
}

TEST_F(rabbitmq_tls, trusts_no_other_authority_and_no_other_name) {
    auto unknown_authority = endpoint_;
    unknown_authority.ca_file = rabbitmq::endpoint{}.ca_file;
    EXPECT_NE(fault_of(unknown_authority), "");
    auto other_name = endpoint_;
    other_name.host = "127.0.0.1";
    EXPECT_NE(fault_of(other_name).find("hostname"), std::string::npos) << fault_of(other_name);
    auto no_file = endpoint_;
    no_file.ca_file = "/nowhere.pem";
    EXPECT_NE(fault_of(no_file).find("/nowhere.pem"), std::string::npos);
    EXPECT_EQ(fault_of(endpoint_), "");
}

}  // namespace
}  // namespace delivery::tests
