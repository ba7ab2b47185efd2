#include "inputs/hoymiles_dtu/dtu_health.hpp"

#include <catch2/catch.hpp>

namespace heliograph::hoymiles {

using namespace std::chrono_literals;
using Kind = HealthNote::Kind;

TEST_CASE("a problem is logged once, and its end once", "[unit][hoymiles]") {
    DtuHealth health;
    const SteadyTime now{10h};
    CHECK_FALSE(health.polled("", now));
    CHECK(health.polled("no reply", now) == HealthNote{Kind::problem, "no reply"});
    CHECK_FALSE(health.polled("no reply", now + 1min));
    CHECK_FALSE(health.polled("no reply", now + 1h));
    CHECK(health.polled("", now + 2h) ==
          HealthNote{Kind::recovery, "reads well again after 3 polls with problems"});
    CHECK_FALSE(health.polled("", now + 3h));
}

TEST_CASE("another problem is logged, but no more than one in five minutes", "[unit][hoymiles]") {
    DtuHealth health;
    const SteadyTime now{10h};
    CHECK(health.polled("no reply", now));
    CHECK_FALSE(health.polled("connection refused", now + 1min));
    CHECK(health.polled("connection refused", now + 6min) == HealthNote{Kind::problem, "connection refused"});
}

TEST_CASE("a DTU that fails every other poll does not flood the log", "[unit][hoymiles]") {
    DtuHealth health;
    int lines = 0;
    for (int i = 0; i < 60; ++i) {
        lines += health.polled(i % 2 == 0 ? "no reply" : "", SteadyTime{10h} + i * 10s) ? 1 : 0;
    }
    CHECK(lines == 4);
}

TEST_CASE("waiting begins with the fourth failure and doubles to its limit", "[unit][hoymiles]") {
    DtuHealth health;
    const auto wait_after = [&](unsigned failures, std::chrono::nanoseconds maximum) {
        while (health.failures() < failures) {
            static_cast<void>(health.polled("no reply", SteadyTime{1h}));
        }
        return health.backoff(60s, maximum);
    };
    CHECK(wait_after(3, 15min) == 0s);
    CHECK(wait_after(4, 15min) == 60s);
    CHECK(wait_after(5, 15min) == 120s);
    CHECK(wait_after(6, 15min) == 240s);
    CHECK(wait_after(100, 15min) == 15min);
    CHECK(wait_after(100, 0s) == 0s);
    static_cast<void>(health.polled("", SteadyTime{2h}));
    CHECK(health.backoff(60s, 15min) == 0s);
}

}  // namespace heliograph::hoymiles
