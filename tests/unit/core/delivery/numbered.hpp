// Batches of numbered metrics, so that a test can say which metrics are where.
#pragma once

#include "core/delivery/shared_batch.hpp"

#include <heliograph/metric.hpp>

#include <string>
#include <vector>

namespace heliograph::delivery {

/// Metrics "m" with the field n, counting from `first`.
inline BatchRef numbered(BatchPool& pool, int first, int count) {
    BatchRef batch = pool.acquire();
    for (int i = first; i < first + count; ++i) {
        batch.exclusive().batch().add("m", 1, 1).tag("t", std::to_string(i)).field("n", i);
    }
    return batch;
}

inline int number_of(MetricView metric) {
    return static_cast<int>(metric.field("n")->integer());
}

inline std::vector<int> numbers_of(MetricSpan metrics) {
    std::vector<int> numbers;
    for (const MetricView metric : metrics) {
        numbers.push_back(number_of(metric));
    }
    return numbers;
}

/// first, first + 1, ... last.
inline std::vector<int> range(int first, int last) {
    std::vector<int> numbers;
    for (int i = first; i <= last; ++i) {
        numbers.push_back(i);
    }
    return numbers;
}

}  // namespace heliograph::delivery
