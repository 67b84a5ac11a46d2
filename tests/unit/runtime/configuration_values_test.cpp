#include "runtime/configuration_values.hpp"

#include <gtest/gtest.h>

#include "runtime/available_cores.hpp"
#include "runtime/mask_secrets.hpp"

namespace delivery::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Durations, AreNumbersWithAUnit) {
    const std::pair<std::string_view, std::optional<std::chrono::milliseconds>> cases[] = {
        {"0", 0ms},
        {"0s", 0ms},
        {"1ms", 1ms},
        {"1500ms", 1500ms},
        {"2s", 2s},
        {"0.5s", 500ms},
        {"1.25m", 75s},
        {"3h", 3h},
        {"0.0001s", 1ms},
        {"8760h", 8760h},
        {"007s", 7s},
        {"8761h", std::nullopt},
        {"", std::nullopt},
        {"5", std::nullopt},
        {"s", std::nullopt},
        {"1 s", std::nullopt},
        {".5s", std::nullopt},
        {"1.s", std::nullopt},
        {"1.2.3s", std::nullopt},
        {"-1s", std::nullopt},
        {"+1s", std::nullopt},
        {"1e3s", std::nullopt},
        {"1d", std::nullopt},
        {"1S", std::nullopt},
        {"nans", std::nullopt},
        {"1s1s", std::nullopt},
        {"0x1s", std::nullopt},
        {"999999999999999999999999999999999999h", std::nullopt}};
    for (const auto& [text, expected] : cases) EXPECT_EQ(parse_duration(text), expected) << text;
    EXPECT_EQ(parse_duration(std::string(1000, '9') + "s"), std::nullopt);
}

TEST(Booleans, HaveFourSpellingsEach) {
    for (const auto* text : {"true", "1", "yes", "on", "TRUE", "Yes"})
        EXPECT_EQ(parse_boolean(text), true) << text;
    for (const auto* text : {"false", "0", "no", "off", "False"})
        EXPECT_EQ(parse_boolean(text), false) << text;
    for (const auto* text : {"", "2", "y", "truee"}) EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
}

TEST(LogLevels, AreNamesInAnyCase) {
    EXPECT_EQ(parse_log_level("trace"), ports::log_level::trace);
    EXPECT_EQ(parse_log_level("Debug"), ports::log_level::debug);
    EXPECT_EQ(parse_log_level("INFO"), ports::log_level::info);
    EXPECT_EQ(parse_log_level("warn"), ports::log_level::warning);
    EXPECT_EQ(parse_log_level("WARNING"), ports::log_level::warning);
    EXPECT_EQ(parse_log_level("error"), ports::log_level::error);
    EXPECT_EQ(parse_log_level("off"), std::nullopt);
}

TEST(ListenAddresses, AreIpAddresses) {
    EXPECT_EQ(parse_listen_address("0.0.0.0"), "0.0.0.0");
    EXPECT_EQ(parse_listen_address("::"), "::");
    EXPECT_EQ(parse_listen_address("0:0:0:0:0:0:0:1"), "::1");
    EXPECT_EQ(parse_listen_address("LocalHost"), "127.0.0.1");
    for (const auto* text : {"*", "host", "1.2.3", "256.1.1.1", "[::1]"}) {
        EXPECT_EQ(parse_listen_address(text), std::nullopt) << text;
    }
}

TEST(MaskSecrets, HidesPasswordsAndNothingElse) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"postgresql://user:secret@host:5432/db", "postgresql://user:***@host:5432/db"},
        {"amqp://user:se:cr/e@t@host/v", "amqp://user:***@host/v"},
        {"postgresql://user@host:5432/db", "postgresql://user@host:5432/db"},
        {"postgresql://host:5432/db", "postgresql://host:5432/db"},
        {"postgresql://a:1,b:2/db", "postgresql://a:1,b:2/db"},
        {"postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"},
        {"amqp://host", "amqp://host"},
        {"sqlite:data/delivery.db", "sqlite:data/delivery.db"},
        {"postgresql://user:secret", "postgresql://user:***"},
        {"user:secret@host", "user:***@host"},
        {"postgresql://host/db?password=secret&sslmode=require",
         "postgresql://host/db?password=***&sslmode=require"},
        {"postgresql://host/db?sslPASSWORD=secret", "postgresql://host/db?sslPASSWORD=***"},
        {"host=db password='a b' user=x", "host=db password=***' user=x"},
        {"password=a password=b", "password=*** password=***"},
        {"", ""}};
    for (const auto& [text, expected] : cases) EXPECT_EQ(mask_secrets(text), expected) << text;
}

TEST(AvailableCores, AreBoundedByTheQuota) {
    EXPECT_EQ(parse_cpu_quota("max 100000"), std::nullopt);
    EXPECT_EQ(parse_cpu_quota("200000 100000"), 2U);
    EXPECT_EQ(parse_cpu_quota("150000 100000"), 2U);
    EXPECT_EQ(parse_cpu_quota("1000 100000"), 1U);
    for (const auto* text : {"", "100000", "0 100000", "100000 0", "x y"}) {
        EXPECT_EQ(parse_cpu_quota(text), std::nullopt) << text;
    }
    EXPECT_GE(available_cores(), 1U);
    EXPECT_LE(available_cores(), 256U);
}

}  // namespace
}  // namespace delivery::runtime
