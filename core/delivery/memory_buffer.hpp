// The buffer in front of an output, in memory: bounded in bytes, oldest first.
#pragma once

#include "core/delivery/shared_batch.hpp"

#include <heliograph/metric.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace heliograph::delivery {

/// What an append does when there is no room.
enum class WhenFull : std::uint8_t { drop_oldest, block };

struct BufferSettings {
    std::size_t limit_bytes = std::size_t{64} << 20;
    WhenFull when_full = WhenFull::drop_oldest;
    std::size_t batch_size = 1000;  // metrics that make a write due at once, as half of the limit does
    std::chrono::nanoseconds flush_interval{100'000'000};  // how long the oldest metric waits for that
};

/// Metrics that wait for their output. One thread appends or several, one takes. Memory is counted as what
/// the batches hold; a batch larger than the limit is taken when the buffer is empty, so that nothing is ever
/// too large to pass.
class MemoryBuffer {
public:
    using Clock = std::chrono::steady_clock;

    explicit MemoryBuffer(BufferSettings settings) : settings_(settings) {}

    /// Appends a batch that is not empty. Returns how many metrics were dropped for it: older ones, oldest
    /// first. With `block` it waits for room; after close it takes everything. [any thread]
    std::size_t append(BatchRef batch, Clock::time_point now);

    /// Why wait_for_work returned.
    enum class Work : std::uint8_t { due, closed, timeout };
    /// Waits until a write is due, the buffer is closed, or `until`. [output's thread]
    [[nodiscard]] Work wait_for_work(Clock::time_point until);
    /// Waits for close or `until`, whatever is due: for an output that backs off. [output's thread]
    [[nodiscard]] Work wait_for_close(Clock::time_point until);

    /// Takes up to `most` of the oldest metrics, at most batch_size. The span is valid until finish, which
    /// must follow and says for each of them whether it is kept; kept ones come first again, in their order.
    /// [output's thread]
    [[nodiscard]] MetricSpan take(std::size_t most);
    void finish(const std::vector<bool>& kept);

    /// From now on appends no longer wait for room, whatever when_full says. [any thread]
    void let_through();
    /// No more waiting: blocked appends go through, and so does wait_for_work. [any thread]
    void close();

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] const BufferSettings& settings() const noexcept { return settings_; }

    /// Takes everything out, for the end: how many metrics that were.
    std::size_t clear();

private:
    /// A run of records of one batch.
    struct Slice {
        BatchRef batch;
        std::size_t first;
        std::size_t count;
        std::size_t bytes;  // the batch's memory, or 0 where another slice of it bears that
        Clock::time_point since;
    };

    [[nodiscard]] bool is_full() const;
    [[nodiscard]] bool due(Clock::time_point now) const;
    std::size_t drop_oldest_until(std::size_t needed);

    const BufferSettings settings_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::deque<Slice> slices_;
    std::size_t count_ = 0;  // metrics waiting or taken
    std::size_t bytes_ = 0;
    std::size_t waiting_ = 0;  // appends that wait for room
    bool closed_ = false;
    bool letting_through_ = false;

    // Of the output's thread alone: what is out at the moment.
    std::vector<Slice> taken_;
    std::vector<hg_metric> records_;
};

}  // namespace heliograph::delivery
