#include "outputs/sql/postgresql_rounds.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

using namespace heliograph::sql;

TEST_CASE("a counter of keys says how often each has come before", "[unit][sql]") {
    KeyCounter counter;
    CHECK(counter.count(0) == 0);
    CHECK(counter.count(0) == 1);
    CHECK(counter.count(1'024) == 0);  // the same slot as 0
    CHECK(counter.count(0) == 2);
    CHECK(counter.count(1'024) == 1);
}

TEST_CASE("a counter of keys remembers while it grows, and forgets when it is cleared", "[unit][sql]") {
    constexpr std::uint64_t kKeys = 100'000;
    const auto key = [](std::uint64_t n) { return n * 0x9E3779B97F4A7C15; };
    KeyCounter counter;
    for (std::uint32_t batch = 0; batch < 3; ++batch) {
        std::uint64_t wrong = 0;
        for (std::uint32_t time = 0; time < 2; ++time) {
            for (std::uint64_t n = 0; n < kKeys; ++n) {
                wrong += counter.count(key(n)) == time ? 0U : 1U;
            }
        }
        CHECK(wrong == 0);
        counter.clear();
    }
}
