#include "http/conditional.hpp"

#include <gtest/gtest.h>

namespace delivery::http {
namespace {

TEST(conditional, matches_etags_weakly_in_lists) {
    for (const auto* sent :
         {R"("2")", R"(W/"2")", "*", " * ", R"("1", "2")", R"("1",W/"2")", R"("a,b" , "2","3")"}) {
        EXPECT_TRUE(matches_etag(sent, R"("2")")) << sent;
    }
    for (const auto* sent : {"", "2", R"("1")", R"("22")", R"("2)", R"("1","3")", ",", R"("*")"}) {
        EXPECT_FALSE(matches_etag(sent, R"("2")")) << sent;
    }
}

TEST(conditional, knows_who_accepts_gzip) {
    for (const auto* sent : {"gzip", "deflate, GZIP", "gzip;q=0.5", "br, gzip; q=1.0", "*", "*;q=0.1"}) {
        EXPECT_TRUE(accepts_gzip(sent)) << sent;
    }
    for (const auto* sent :
         {"", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "x-gzip2"}) {
        EXPECT_FALSE(accepts_gzip(sent)) << sent;
    }
}

}  // namespace
}  // namespace delivery::http
