#include "runtime/connection_urls.hpp"

#include <gtest/gtest.h>

namespace delivery::runtime {
namespace {

TEST(DatabaseUrl, NamesAFileOrAServer) {
    const std::pair<std::string_view, database_target> cases[] = {
        {"sqlite:data/delivery.db", sqlite_database{"data/delivery.db"}},
        {"sqlite:/var/lib/x.db", sqlite_database{"/var/lib/x.db"}},
        {"sqlite:///var/lib/x.db", sqlite_database{"/var/lib/x.db"}},
        {"sqlite:////var/lib/x.db", sqlite_database{"/var/lib/x.db"}},
        {"sqlite+aiosqlite:////var/lib/x.db", sqlite_database{"/var/lib/x.db"}},
        {"SQLITE:x", sqlite_database{"x"}},
        {"postgresql://u:p@h:5432/d", postgres_database{"postgresql://u:p@h:5432/d"}},
        {"postgres://u:p@h/d", postgres_database{"postgresql://u:p@h/d"}},
        {"postgresql+asyncpg://u:p@h/d", postgres_database{"postgresql://u:p@h/d"}},
        {"PostgreSQL://h", postgres_database{"postgresql://h"}},
        {"postgresql://", postgres_database{"postgresql://"}},
        {"postgresql:///d?host=/run/pg", postgres_database{"postgresql:///d?host=/run/pg"}},
        {"postgresql://a:1,b:2/d", postgres_database{"postgresql://a:1,b:2/d"}},
        {"postgresql://[::1]:5432/d", postgres_database{"postgresql://[::1]:5432/d"}},
        {"postgresql://u:p%40%2F@h/d?application_name=a@b",
         postgres_database{"postgresql://u:p%40%2F@h/d?application_name=a@b"}}};
    for (const auto& [text, expected] : cases) {
        const auto parsed = parse_database_url(text);
        ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error();
        EXPECT_EQ(*parsed, expected) << text;
    }
}

TEST(DatabaseUrl, RefusesWhatCannotBeMeant) {
    for (const auto* text : {"x",
                             "mysql://h/d",
                             "sqlite:",
                             "sqlite://",
                             "sqlite:///",
                             "sqlite://data/x.db",
                             "sqlite::memory:",
                             "sqlite:///:memory:",
                             "sqlite:data/",
                             "sqlite:x?mode=ro",
                             "postgresql:h/d",
                             "postgresql:/h/d",
                             "postgresql://h:port/d",
                             "postgresql://h:0/d",
                             "postgresql://h:65536/d",
                             "postgresql://h:/d",
                             "postgresql://[::1/d",
                             "postgresql://[]/d",
                             "postgresql://u:p@ss@h/d",
                             "postgresql://u:p/a@h/d",
                             "postgresql://u:p%zz@h/d",
                             "postgresql://u:p%4",
                             "postgresql://h h/d",
                             "postgresqlx://h/d"}) {
        const auto parsed = parse_database_url(text);
        EXPECT_FALSE(parsed.has_value()) << text;
    }
}

TEST(RabbitmqUrl, HasSchemeHostAndOneVirtualHost) {
    for (const auto* text : {"amqp://h", "amqp://h/", "amqps://h:5671/v", "amqp://u:p@h:1/%2F",
                             "amqp://u@[::1]/a%2Fb", "amqp://h/v?heartbeat=5"}) {
        EXPECT_EQ(parse_rabbitmq_url(text), text);
    }
    EXPECT_EQ(parse_rabbitmq_url("AMQP://h"), "amqp://h");
    for (const auto* text :
         {"h", "amqp:h", "http://h", "amqp://", "amqp://:5672", "amqp:///v", "amqp://h:x", "amqp://h:0",
          "amqp://a,b:99999", "amqp://h/a/b", "amqp://u:p@q@h", "amqp://h/%", "amqp://h /v"}) {
        EXPECT_FALSE(parse_rabbitmq_url(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace delivery::runtime
