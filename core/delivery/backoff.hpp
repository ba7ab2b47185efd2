// How long to leave a failing far side alone: growing waits with jitter, of the node and not of a batch.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace heliograph::delivery {

struct BackoffSettings {
    std::chrono::nanoseconds initial{1'000'000'000};
    std::chrono::nanoseconds longest{60'000'000'000};
};

/// Doubles from `initial` to `longest`; each wait is drawn between half of that and all of it, so that many
/// agents do not come back at once. Not thread-safe.
class Backoff {
public:
    explicit Backoff(BackoffSettings settings, std::uint64_t seed = std::random_device{}())
        : settings_(settings), random_(seed) {}

    /// The next wait; at least what the far side asked for (0: it did not), but never more than ten minutes.
    [[nodiscard]] std::chrono::nanoseconds next(std::chrono::nanoseconds asked_for = {});
    /// After a success.
    void reset() noexcept { failures_ = 0; }
    /// Failures in a row.
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

private:
    BackoffSettings settings_;
    std::mt19937_64 random_;
    std::uint64_t failures_ = 0;
};

}  // namespace heliograph::delivery
