/// The plant's clock, so that a whole day can pass in a minute, or stand still for a test.
#pragma once

#include <chrono>
#include <cstdint>

namespace heliograph::dtu_simulator {

/// Not synchronised.
class SimulatedClock {
public:
    /// Starts at `unix_ns` and passes `speed` simulated seconds per second.
    SimulatedClock(std::int64_t unix_ns, double speed) : origin_(unix_ns), speed_(speed) {}

    /// Simulated unix time in nanoseconds.
    [[nodiscard]] std::int64_t now() const {
        if (stopped_) {
            return origin_;
        }
        const auto passed = std::chrono::steady_clock::now() - base_;
        const auto real = std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count();
        return origin_ + static_cast<std::int64_t>(static_cast<double>(real) * speed_);
    }

    /// Stands at this time until set again or resumed.
    void set(std::int64_t unix_ns) {
        origin_ = unix_ns;
        stopped_ = true;
    }

    /// Goes on from where it stands.
    void resume() {
        origin_ = now();
        base_ = std::chrono::steady_clock::now();
        stopped_ = false;
    }

private:
    std::int64_t origin_;
    double speed_;
    std::chrono::steady_clock::time_point base_ = std::chrono::steady_clock::now();
    bool stopped_ = false;
};

}  // namespace heliograph::dtu_simulator
