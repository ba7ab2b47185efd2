// The buffer in front of an output: bounded, oldest first, in memory or on disk.
#pragma once

#include "core/delivery/disk_store.hpp"
#include "core/delivery/shared_batch.hpp"

#include <heliograph/metric.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace heliograph::delivery {

/// What an append does when there is no room.
enum class WhenFull : std::uint8_t { drop_oldest, block };

struct BufferSettings {
    std::size_t limit_bytes = std::size_t{64} << 20;  // of memory
    WhenFull when_full = WhenFull::drop_oldest;
    std::size_t batch_size = 1000;  // metrics that make a write due at once, as half of the limit does
    std::chrono::nanoseconds flush_interval{100'000'000};  // how long the oldest metric waits for that
};

/// Metrics that wait for their output. One thread appends or several, one takes.
///
/// Memory is counted as what the batches hold; a batch larger than the limit is taken when the buffer is
/// empty, so that nothing is ever too large to pass.
///
/// With a disk store every metric is written to disk first. As many as the memory limit allows stay in memory
/// as well, from where they are delivered. The others, and whatever comes behind them, are loaded back, a
/// record at a time, when their turn comes, so memory does not depend on how much waits. A metric that cannot
/// be stored, since the disk fails or since line protocol cannot express it, is held in memory alone.
class Buffer {
public:
    using Clock = std::chrono::steady_clock;

    explicit Buffer(BufferSettings settings) : settings_(settings) {}
    Buffer(BufferSettings settings, std::unique_ptr<DiskStore> store, std::shared_ptr<BatchPool> pool);

    /// Opens the disk store, if there is one. Returns how many metrics wait in it from an earlier run.
    /// [setup]
    [[nodiscard]] std::size_t open(Clock::time_point now);

    /// What became of other metrics than those that were asked for.
    struct Losses {
        std::size_t dropped = 0;   ///< for lack of room, oldest first
        std::size_t damaged = 0;   ///< were on disk, and cannot be read any more
        std::size_t restored = 0;  ///< of an earlier run, found when the disk came back
    };
    /// Appends a batch that is not empty. With `block` it waits for room; after close it takes everything.
    /// [any thread]
    Losses append(BatchRef batch, Clock::time_point now);

    /// Why wait_for_work returned.
    enum class Work : std::uint8_t { due, closed, timeout };
    /// Waits until a write is due, the buffer is closed, or `until`. [output's thread]
    [[nodiscard]] Work wait_for_work(Clock::time_point until);
    /// Waits for close or `until`, whatever is due: for an output that backs off. [output's thread]
    [[nodiscard]] Work wait_for_close(Clock::time_point until);

    /// Takes up to `most` of the oldest metrics, at most batch_size. None although some wait: the disk that
    /// they are on does not answer, or what it held is damaged. The span is valid until finish, which must
    /// follow and says for each of them whether it is kept; kept ones come first again, in their order.
    /// finish returns what the take could not load. [output's thread]
    [[nodiscard]] MetricSpan take(std::size_t most);
    Losses finish(const std::vector<bool>& kept);

    /// From now on appends no longer wait for room, whatever when_full says. [any thread]
    void let_through();
    /// No more waiting: blocked appends go through, and so does wait_for_work. [any thread]
    void close();

    /// Brings to the disk what is not there yet, if its turn has come. [any thread]
    void sync_if_due();

    [[nodiscard]] bool has_disk() const noexcept { return store_ != nullptr; }
    /// Whether all that waits is on disk.
    [[nodiscard]] bool is_on_disk() const;

    [[nodiscard]] std::size_t size() const;
    /// Of memory.
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] const BufferSettings& settings() const noexcept { return settings_; }

    /// Takes everything out, for the end: what stays on disk for the next run, and what is lost. What is in
    /// memory alone is stored now, if that is possible.
    struct Rest {
        std::size_t on_disk = 0;
        std::size_t lost = 0;
    };
    Rest clear();

private:
    /// Consecutive metrics: records of one batch, or, without a batch, metrics that are on disk only. Runs of
    /// one batch lie side by side.
    struct Run {
        BatchRef batch;
        std::size_t first;  // index into the batch
        std::size_t count;
        std::size_t bytes;  // the batch's memory in its first run, 0 in the others
        Clock::time_point since;
        std::uint64_t sequence = kNoSequence;  // of its first metric on disk
        bool is_fragment = false;              // what followed it may be delivered

        [[nodiscard]] bool is_stored() const noexcept { return sequence != kNoSequence; }
        [[nodiscard]] bool in_memory() const noexcept { return static_cast<bool>(batch); }
        [[nodiscard]] std::uint64_t end() const noexcept { return sequence + count; }
        /// Leaves out the first metrics.
        void cut_front(std::size_t metrics) noexcept;
    };

    using Runs = std::deque<Run>;

    [[nodiscard]] bool is_full() const;
    [[nodiscard]] bool due(Clock::time_point now) const;
    [[nodiscard]] bool has_memory_for(std::size_t bytes) const;
    [[nodiscard]] std::size_t make_room(std::unique_lock<std::mutex>& lock, std::size_t needed);
    void demote_newest_until(std::size_t needed);
    std::size_t drop_oldest_until(std::size_t needed);
    std::size_t drop_stored_before(std::uint64_t sequence);
    std::size_t make_room_on_disk();
    std::size_t restore(Clock::time_point now);
    [[nodiscard]] std::size_t push(BatchRef batch, std::span<const StoredRun> stored, Clock::time_point now);
    void push_on_disk(const StoredRun& stored, Clock::time_point now);
    void release(Run& run);
    Runs::iterator erase(Runs::iterator run);
    void forget_removed(std::vector<Run>& runs) const;
    void keep_some(const Run& run, const std::vector<bool>& kept, std::size_t index);
    /// Replaces the run at the front, which is on disk, by what could be loaded of it. False when the disk
    /// does not answer.
    [[nodiscard]] bool load_front(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] Position position() const;

    const BufferSettings settings_;
    const std::unique_ptr<DiskStore> store_;
    const std::shared_ptr<BatchPool> pool_;  // for what is loaded back
    std::mutex append_mutex_;                // only where there is a store: the order on disk is the buffer's

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    Runs runs_;
    std::size_t count_ = 0;  // metrics waiting or taken
    std::size_t bytes_ = 0;
    std::size_t waiting_ = 0;           // appends that wait for room
    std::uint64_t stored_end_ = 0;      // one behind the newest stored metric that is in runs_, or was
    std::uint64_t removed_before_ = 0;  // what comes before is no longer on disk
    bool closed_ = false;
    bool letting_through_ = false;

    // Of the output's thread alone: what is out at the moment.
    std::vector<Run> taken_;
    std::vector<Run> kept_;
    std::vector<std::pair<BatchRef, std::size_t>>
        gone_;  // batches of which nothing is kept, and their memory
    std::vector<hg_metric> records_;
    Losses losses_;
};

}  // namespace heliograph::delivery
