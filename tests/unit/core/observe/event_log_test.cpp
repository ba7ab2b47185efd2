#include "core/observe/event_log.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::observe {
namespace {

using namespace std::chrono_literals;

const FailureLog::Clock::time_point kStart{};

TEST_CASE("A standing failure is said once and repeated every five minutes with its tries",
          "[unit][observe]") {
    FailureLog log;
    CHECK_FALSE(log.failing());
    CHECK(log.failed("refused", kStart) == "refused");
    CHECK(log.failing());
    CHECK_FALSE(log.failed("refused", kStart + 1s));
    CHECK_FALSE(log.failed("refused", kStart + 299s));
    CHECK(log.failed("refused", kStart + 300s) == "refused (4 tries in 300 s)");
    CHECK_FALSE(log.failed("refused", kStart + 301s));
    CHECK(log.failed("refused", kStart + 600s) == "refused (6 tries in 600 s)");
}

TEST_CASE("Another failure is said at once", "[unit][observe]") {
    FailureLog log;
    CHECK(log.failed("refused", kStart) == "refused");
    CHECK(log.failed("timed out", kStart + 1s) == "timed out");
    CHECK(log.failed("refused", kStart + 2s) == "refused");
    CHECK_FALSE(log.failed("refused", kStart + 3s));
}

TEST_CASE("A success is said only where it ends a failure", "[unit][observe]") {
    FailureLog log;
    CHECK_FALSE(log.succeeded("writing works", kStart));
    CHECK(log.failed("refused", kStart + 1s));
    CHECK(log.succeeded("writing works", kStart + 3s) == "writing works again, after 1 failure in 2 s");
    CHECK_FALSE(log.failing());
    CHECK_FALSE(log.succeeded("writing works", kStart + 4s));
    CHECK(log.failed("refused", kStart + 10s));
    CHECK_FALSE(log.failed("refused", kStart + 11s));
    CHECK(log.succeeded("writing works", kStart + 15s) == "writing works again, after 2 failures in 5 s");
    CHECK(log.failed("refused", kStart + 16s) == "refused");
}

TEST_CASE("A rate limit lets five lines a minute through and says how many it kept back", "[unit][observe]") {
    RateLimit limit;
    std::uint64_t suppressed = 99;
    for (int i = 0; i < 5; ++i) {
        CHECK(limit.allows(kStart + 1s, suppressed));
        CHECK(suppressed == 0);
    }
    for (int i = 0; i < 7; ++i) {
        CHECK_FALSE(limit.allows(kStart + 30s, suppressed));
    }
    CHECK(limit.allows(kStart + 61s, suppressed));
    CHECK(suppressed == 7);
    CHECK(limit.allows(kStart + 62s, suppressed));
    CHECK(suppressed == 0);
    CHECK(limit.allows(kStart + 1h, suppressed));
    CHECK(suppressed == 0);
}

}  // namespace
}  // namespace heliograph::observe
