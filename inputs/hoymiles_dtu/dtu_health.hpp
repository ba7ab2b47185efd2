// Remembers how the polls of one DTU went: what to say about it, once per change, and when to try it again.
#pragma once

#include "inputs/hoymiles_dtu/scan.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::hoymiles {

/// What is worth a line in the log.
struct HealthNote {
    enum class Kind { problem, recovery };
    Kind kind = Kind::problem;
    std::string text;

    friend bool operator==(const HealthNote&, const HealthNote&) = default;
};

/// Time is an argument. No thread safety.
class DtuHealth {
public:
    /// A poll ended with this problem, or well when it is empty. Returns what to log: a problem when it
    /// begins or becomes another one, though no more than one in five minutes, and the recovery from a logged
    /// problem.
    [[nodiscard]] std::optional<HealthNote> polled(std::string_view problem, SteadyTime now);

    /// Polls in a row that ended with a problem.
    unsigned failures() const { return failures_; }

    /// The wait that a poll which failed earns: none for the first three in a row, then doubling from
    /// `interval` up to `maximum`.
    std::chrono::nanoseconds backoff(std::chrono::nanoseconds interval,
                                     std::chrono::nanoseconds maximum) const;

private:
    std::string logged_problem_;  // that somebody reading the log believes in
    std::optional<SteadyTime> logged_at_;
    unsigned failures_ = 0;
};

}  // namespace heliograph::hoymiles
