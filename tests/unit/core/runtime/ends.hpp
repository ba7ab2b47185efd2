// The two ends of a test's graph: an input that emits numbers, and a far side that remembers which arrived.
#pragma once

#include "tests/unit/core/runtime/rig.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace heliograph::runtime {

/// An input that emits ten numbered metrics at each of `gathers` gathers, and nothing after that.
class Source {
public:
    explicit Source(int gathers) : gathers_(gathers) {}
    [[nodiscard]] Script script() {
        Script script;
        script.gather = [this](Accumulator& accumulator) {
            if (done_ < gathers_) {
                for (int i = 0; i < 10; ++i) {
                    accumulator.add("m")
                        .tag("parity", i % 2 == 0 ? "even" : "odd")
                        .field("n", done_ * 10 + i);
                }
                ++done_;
            }
        };
        return script;
    }
    [[nodiscard]] bool finished() const { return done_ >= gathers_; }
    [[nodiscard]] std::size_t emitted() const { return static_cast<std::size_t>(done_) * 10; }

private:
    const int gathers_;
    std::atomic<int> done_{0};
};

/// The far side of an output: the numbers that arrived.
class Store {
public:
    void add(const MetricSpan& metrics) {
        const std::lock_guard lock(mutex_);
        for (const MetricView metric : metrics) {
            numbers_.push_back(metric.field("n")->integer());
        }
    }
    [[nodiscard]] Script script() {
        Script script;
        script.write = [this](const MetricSpan& metrics, Verdict&) { add(metrics); };
        return script;
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return numbers_.size();
    }
    /// Whether 0, 1, ... count - 1 arrived, each once.
    [[nodiscard]] bool has_each_once(std::size_t count) const {
        const std::lock_guard lock(mutex_);
        auto sorted = numbers_;
        std::sort(sorted.begin(), sorted.end());
        bool right = sorted.size() == count;
        for (std::size_t i = 0; i < sorted.size() && right; ++i) {
            right = sorted[i] == static_cast<std::int64_t>(i);
        }
        return right;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::int64_t> numbers_;
};

}  // namespace heliograph::runtime
