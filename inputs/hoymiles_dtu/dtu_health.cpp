#include "inputs/hoymiles_dtu/dtu_health.hpp"

#include <algorithm>
#include <utility>

namespace heliograph::hoymiles {

std::optional<HealthNote> DtuHealth::polled(std::string_view problem, SteadyTime now) {
    constexpr std::chrono::minutes quiet{5};
    const unsigned failures = std::exchange(failures_, problem.empty() ? 0 : failures_ + 1);
    if (problem == logged_problem_) {
        return std::nullopt;
    }
    if (problem.empty()) {
        logged_problem_.clear();
        return HealthNote{
            HealthNote::Kind::recovery,
            failures == 1 ? "reads well again"
                          : "reads well again after " + std::to_string(failures) + " polls with problems"};
    }
    if (logged_at_ && now - *logged_at_ < quiet) {
        return std::nullopt;
    }
    logged_problem_ = problem;
    logged_at_ = now;
    return HealthNote{HealthNote::Kind::problem, logged_problem_};
}

std::chrono::nanoseconds DtuHealth::backoff(std::chrono::nanoseconds interval,
                                            std::chrono::nanoseconds maximum) const {
    constexpr unsigned free_failures = 3;
    if (failures_ <= free_failures) {
        return {};
    }
    std::chrono::nanoseconds wait = interval;
    for (unsigned i = free_failures + 1; i < failures_ && wait < maximum; ++i) {
        wait *= 2;
    }
    return std::min(wait, maximum);
}

}  // namespace heliograph::hoymiles
