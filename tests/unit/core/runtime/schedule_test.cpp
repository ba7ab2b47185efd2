#include "core/runtime/schedule.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace heliograph::runtime {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// 2026-06-21 10:00:00 UTC, a multiple of every interval here.
constexpr std::int64_t kTen = 1'782'036'000'000'000'000;

std::int64_t at(nanoseconds after_ten) {
    return kTen + after_ten.count();
}

TEST_CASE("Ticks fall on multiples of the interval, shifted by the offset", "[unit][runtime]") {
    struct Case {
        std::string name;
        nanoseconds interval;
        nanoseconds offset;
        nanoseconds now;
        nanoseconds wait;
    };
    const auto c = GENERATE(values<Case>({
        {"amid", 60s, 0s, 25s, 35s},
        {"on a tick", 60s, 0s, 60s, 60s},
        {"just before", 60s, 0s, 59999ms, 1ms},
        {"offset, before it", 60s, 10s, 5s, 5s},
        {"offset, after it", 60s, 10s, 15s, 55s},
        {"an offset of more than the interval", 60s, 130s, 5s, 5s},
        {"short", 1ms, 0s, 300us, 700us},
        {"before the epoch", 60s, 0s, -1ns * kTen - 25s, 25s},
    }));
    DYNAMIC_SECTION(c.name) {
        Schedule schedule({.interval = c.interval, .offset = c.offset}, 1);
        const Tick tick = schedule.next(at(c.now), at(c.now));
        CHECK(tick.wait == c.wait);
        CHECK(tick.skipped == 0);
    }
}

TEST_CASE("A gather that runs over its ticks skips them and says how many", "[unit][runtime]") {
    Schedule schedule({.interval = 10s}, 1);
    CHECK(schedule.next(at(1s), at(0s)).wait == 9s);
    const Tick on_time = schedule.next(at(19s), at(10s));
    CHECK(on_time.skipped == 0);
    CHECK(on_time.wait == 1s);
    const Tick late = schedule.next(at(45s), at(20s));
    CHECK(late.skipped == 2);
    CHECK(late.wait == 5s);
    CHECK(schedule.next(at(52s), at(50s)).skipped == 0);
}

TEST_CASE("The first gather, which begins between two ticks, skips only whole intervals", "[unit][runtime]") {
    Schedule schedule({.interval = 10s}, 1);
    const Tick tick = schedule.next(at(12s), at(9s));
    CHECK(tick.skipped == 0);
    CHECK(tick.wait == 8s);
    Schedule slow({.interval = 10s}, 1);
    CHECK(slow.next(at(35s), at(9s)).skipped == 2);
}

TEST_CASE("Jitter is added within its bounds and does not shift the ticks", "[unit][runtime]") {
    Schedule schedule({.interval = 10s, .jitter = 3s}, 42);
    nanoseconds least = 1h;
    nanoseconds most = 0s;
    std::int64_t began = at(0s);
    for (int i = 1; i <= 300; ++i) {
        const Tick tick = schedule.next(began + 1'000'000, began);
        const nanoseconds due = nanoseconds(at(i * 10s) - began - 1'000'000);
        const nanoseconds jitter = tick.wait - due;
        least = std::min(least, jitter);
        most = std::max(most, jitter);
        REQUIRE(jitter >= 0s);
        REQUIRE(jitter <= 3s);
        REQUIRE(tick.skipped == 0);
        began += 1'000'000 + tick.wait.count();
    }
    CHECK(least < 300ms);
    CHECK(most > 2700ms);
}

TEST_CASE("A wait that ends a little early does not make a tick come twice", "[unit][runtime]") {
    Schedule schedule({.interval = 10s}, 1);
    CHECK(schedule.next(at(1s), at(0s)).wait == 9s);
    // Woken 2 ms before the tick at 10 s, and done before it too.
    const Tick tick = schedule.next(at(9999ms), at(9998ms));
    CHECK(tick.skipped == 0);
    CHECK(tick.wait == 10s + 1ms);
    const Tick next = schedule.next(at(21s), at(19999ms));
    CHECK(next.skipped == 0);
    CHECK(next.wait == 9s);
}

TEST_CASE("A clock that is set back or forth never makes a wait longer than the interval",
          "[unit][runtime]") {
    Schedule schedule({.interval = 10s}, 1);
    CHECK(schedule.next(at(1s), at(0s)).wait == 9s);
    const Tick back = schedule.next(at(-3h + 2s), at(10s));
    CHECK(back.skipped == 0);
    CHECK(back.wait == 8s);
    const Tick on = schedule.next(at(-3h + 11s), at(-3h + 10s));
    CHECK(on.skipped == 0);
    CHECK(on.wait == 9s);
    const Tick forth = schedule.next(at(2h + 4s), at(2h + 1s));
    CHECK(forth.skipped == 0);
    CHECK(forth.wait == 6s);
}

TEST_CASE("An interval of nothing does not divide by zero", "[unit][runtime]") {
    Schedule schedule({.interval = 0s}, 1);
    CHECK(schedule.next(at(0s), at(0s)).wait == 1ns);
}

}  // namespace
}  // namespace heliograph::runtime
