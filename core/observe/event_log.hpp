// Says what goes wrong once per change of state, not once per try.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::observe {

/// Decides what to log of something that fails and recovers. Time is an argument. Not thread-safe.
class FailureLog {
public:
    using Clock = std::chrono::steady_clock;

    /// A failure: the line to log, or nothing when the same has been said. A standing failure is repeated
    /// every five minutes with the number of tries.
    [[nodiscard]] std::optional<std::string> failed(std::string_view what, Clock::time_point now);
    /// A success: the line to log when it ends a failure.
    [[nodiscard]] std::optional<std::string> succeeded(std::string_view what, Clock::time_point now);
    [[nodiscard]] bool failing() const noexcept { return tries_ != 0; }

private:
    std::string last_;
    std::uint64_t tries_ = 0;
    Clock::time_point since_{};
    Clock::time_point said_{};
};

/// Lets a few lines of a kind through per minute and counts the rest. Time is an argument. Not thread-safe.
class RateLimit {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::uint64_t kPerMinute = 5;

    /// Whether a line may be written now. When a new minute begins, `suppressed` is how many were not in the
    /// last.
    [[nodiscard]] bool allows(Clock::time_point now, std::uint64_t& suppressed);

private:
    Clock::time_point start_{};
    std::uint64_t lines_ = 0;
};

}  // namespace heliograph::observe
