// When an input gathers next: aligned to its interval, never twice at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace heliograph::runtime {

struct ScheduleSettings {
    std::chrono::nanoseconds interval{60'000'000'000};
    std::chrono::nanoseconds jitter{};
    std::chrono::nanoseconds offset{};
};

/// The next tick.
struct Tick {
    std::chrono::nanoseconds
        wait{};                // from now; never more than interval plus jitter, whatever the clock does
    std::int64_t skipped = 0;  // ticks that passed while the last gather was running
};

/// Ticks fall on multiples of the interval since the epoch, plus the offset, plus a random part of the
/// jitter. Time is an argument. A wait that ended a little early does not make a tick come twice. Not
/// thread-safe.
class Schedule {
public:
    explicit Schedule(ScheduleSettings settings, std::uint64_t seed = std::random_device{}())
        : settings_(settings), random_(seed) {}

    /// The tick after `asked_at` (UTC, nanoseconds), for a gather that began at `began`.
    [[nodiscard]] Tick next(std::int64_t asked_at, std::int64_t began);

private:
    static constexpr std::int64_t kNone = INT64_MIN;

    ScheduleSettings settings_;
    std::mt19937_64 random_;
    std::int64_t last_due_ = kNone;
};

}  // namespace heliograph::runtime
