// Waiting for what another process or thread does: polls until a condition holds, with a bound for when it
// never does.
#pragma once

#include <chrono>
#include <thread>

namespace heliograph::testing {

/// Far beyond what anything takes, also under a sanitizer on a loaded machine: it is only spent by a test
/// that fails.
inline constexpr std::chrono::seconds kPatience{60};

/// Whether the condition came to hold within the limit.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::nanoseconds limit = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return condition();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace heliograph::testing
