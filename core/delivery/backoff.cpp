#include "core/delivery/backoff.hpp"

#include <algorithm>

namespace heliograph::delivery {

std::chrono::nanoseconds Backoff::next(std::chrono::nanoseconds asked_for) {
    using std::chrono::nanoseconds;
    constexpr nanoseconds kLongestAsked = std::chrono::minutes(10);
    nanoseconds step = std::max(settings_.initial, nanoseconds(1));
    for (std::uint64_t i = 0; i < failures_ && step < settings_.longest; ++i) {
        step *= 2;
    }
    ++failures_;
    step = std::min(step, std::max(settings_.longest, nanoseconds(1)));
    std::uniform_int_distribution<std::int64_t> draw(step.count() / 2, step.count());
    return std::max(nanoseconds(draw(random_)), std::min(asked_for, kLongestAsked));
}

}  // namespace heliograph::delivery
