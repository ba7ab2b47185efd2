#include "core/delivery/backoff.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace heliograph::delivery {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST_CASE("Waits double up to the longest, each between half and all of its step", "[unit][delivery]") {
    const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    Backoff backoff({1s, 60s}, seed);
    nanoseconds step = 1s;
    for (int i = 0; i < 100; ++i) {
        CAPTURE(i, seed);
        const nanoseconds wait = backoff.next();
        CHECK(wait >= step / 2);
        CHECK(wait <= step);
        step = std::min<nanoseconds>(step * 2, 60s);
    }
    CHECK(backoff.failures() == 100);
}

TEST_CASE("Waits of different agents differ", "[unit][delivery]") {
    std::set<nanoseconds> waits;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        waits.insert(Backoff({1s, 60s}, seed).next());
    }
    CHECK(waits.size() > 15);
}

TEST_CASE("A success starts the waits anew", "[unit][delivery]") {
    Backoff backoff({1s, 60s}, 7);
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(backoff.next());
    }
    backoff.reset();
    CHECK(backoff.failures() == 0);
    CHECK(backoff.next() <= 1s);
}

TEST_CASE("What the far side asks for is honoured, up to ten minutes", "[unit][delivery]") {
    Backoff backoff({1s, 60s}, 7);
    CHECK(backoff.next(30s) == 30s);
    CHECK(backoff.next(24h) == 10min);
    CHECK(backoff.next(nanoseconds::max()) == 10min);
    CHECK(backoff.next(1ns) >= 2s);
    CHECK(backoff.next(-5s) >= 4s);
}

TEST_CASE("Odd settings still give waits within their bounds", "[unit][delivery]") {
    struct Case {
        std::string name;
        BackoffSettings settings;
        nanoseconds most;
    };
    const auto c = GENERATE(values<Case>({
        {"the first longer than the longest", {60s, 1s}, 1s},
        {"nothing", {0s, 0s}, 1ns},
        {"negative", {-1s, -1s}, 1ns},
        {"huge", {nanoseconds::max() / 2, nanoseconds::max() / 2 + 1ns}, nanoseconds::max()},
    }));
    DYNAMIC_SECTION(c.name) {
        Backoff backoff(c.settings, 7);
        for (int i = 0; i < 10; ++i) {
            const nanoseconds wait = backoff.next();
            CHECK(wait >= 0ns);
            CHECK(wait <= c.most);
        }
    }
}

}  // namespace
}  // namespace heliograph::delivery
