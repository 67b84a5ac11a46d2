#include "postgres/server_addresses.hpp"

#include <gmock/gmock.h>
#include <boost/asio/io_context.hpp>

#include "support/run_coroutine.hpp"

namespace delivery::postgres {
namespace {

using testing::IsSupersetOf;
using testing::Pair;

connect_parameters find_server(const std::string& url) {
    boost::asio::io_context context{1};
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return tests::run_coroutine(context, find_servers(url, until)).at(0);
}

TEST(server_addresses, a_server_that_vanished_is_noticed_unless_the_url_says_otherwise) {
    EXPECT_THAT(find_server("postgresql://127.0.0.1/orders"),
                IsSupersetOf({Pair("keepalives_idle", "30"), Pair("keepalives_interval", "10"),
                              Pair("keepalives_count", "3"), Pair("tcp_user_timeout", "60000")}));
    EXPECT_THAT(find_server("postgresql://127.0.0.1/orders?keepalives_idle=5&tcp_user_timeout=0"),
                IsSupersetOf({Pair("keepalives_idle", "5"), Pair("keepalives_interval", "10"),
                              Pair("tcp_user_timeout", "0")}));
}

}  // namespace
}  // namespace delivery::postgres
