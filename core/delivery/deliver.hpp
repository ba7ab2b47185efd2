// Delivers a run of metrics through an output: interprets its answer, splits what is too large, bisects what
// is refused as a whole.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/metric.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::delivery {

/// How delivery ended for the node.
enum class Health : std::uint8_t {
    good,           // the far side answered
    unavailable,    // try again after a while
    misconfigured,  // needs a person; tried again, slowly
    stopped,        // interrupted
};

struct Report {
    Health health = Health::good;
    std::size_t accepted = 0;
    std::vector<std::pair<std::size_t, std::string>> rejected;  // index and reason
    std::vector<bool> kept;                                     // one per metric
    std::string error;  // of the call that failed, or why metrics are kept
    std::chrono::nanoseconds retry_after{};
};

/// One call of an output: fills the verdict and error, returns enum hg_status.
using Write = std::function<std::int32_t(MetricSpan metrics, hg_verdict& verdict, hg_error& error)>;

/// Offers the metrics. After the first failure nothing more is sent, so that a dead far side sees one write
/// at a time. The report is reused between calls to keep its memory. [output's thread]
void deliver(MetricSpan metrics, const Write& write, Report& report);

}  // namespace heliograph::delivery
