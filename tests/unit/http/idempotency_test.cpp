#include "http/idempotency.hpp"

#include <gtest/gtest.h>

#include "http_fakes.hpp"

namespace delivery::http {
namespace {

auto read(std::string_view key, std::string_view body = "abc") {
    return read_idempotency_key(tests::make_request("POST", "/orders", body, {{"idempotency-key", key}}));
}

TEST(idempotency, needs_no_key) {
    const auto key = read_idempotency_key(tests::make_request("POST", "/orders"));
    ASSERT_TRUE(key);
    EXPECT_FALSE(*key);
}

TEST(idempotency, takes_a_key_plain_or_quoted) {
    for (const auto* sent : {"8e03978e-40d5", R"("8e03978e-40d5")"}) {
        const auto key = read(sent);
        ASSERT_TRUE(key && *key) << sent;
        EXPECT_EQ((*key)->key, "8e03978e-40d5");
    }
    EXPECT_EQ((*read(R"("a\"b\\")"))->key, R"(a"b\)");
    EXPECT_EQ((*read(std::string(255, 'x')))->key.size(), 255U);
}

TEST(idempotency, refuses_any_other_key) {
    for (const auto& sent : {std::string(), std::string(R"("")"), std::string(R"("a)"), std::string(R"(")"),
                             std::string(R"("a"b")"), std::string(R"("a\x")"), std::string(R"("a\")"),
                             std::string("ção"), std::string("a\tb"), std::string(256, 'x')}) {
        EXPECT_FALSE(read(sent)) << sent;
    }
    EXPECT_FALSE(read_idempotency_key(
        tests::make_request("POST", "/", "", {{"Idempotency-Key", "a"}, {"Idempotency-Key", "a"}})));
}

TEST(idempotency, fingerprints_the_bytes_of_the_body) {
    // The first four bytes of the SHA-256 of "abc", from FIPS 180-2.
    const auto fingerprint = (*read("k", "abc"))->fingerprint;
    EXPECT_EQ((std::array{fingerprint[0], fingerprint[1], fingerprint[2], fingerprint[3]}),
              (std::array<std::uint8_t, 4>{0xba, 0x78, 0x16, 0xbf}));
    EXPECT_EQ((*read("other", "abc"))->fingerprint, fingerprint);
    EXPECT_NE((*read("k", "abc "))->fingerprint, fingerprint);
}

}  // namespace
}  // namespace delivery::http
