// What a buffer keeps on disk: metrics as records of a log, and how far their delivery has come.
#pragma once

#include "core/delivery/backoff.hpp"
#include "core/delivery/disk_log.hpp"
#include "core/delivery/position_file.hpp"
#include "core/delivery/shared_batch.hpp"
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/metric.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace heliograph::delivery {

/// When the disk is waited for.
enum class Sync : std::uint8_t {
    always,        ///< before an append returns
    every_second,  ///< a power cut costs at most the last second
    never,         ///< whenever the operating system writes by itself
};

struct DiskSettings {
    std::filesystem::path folder{};
    std::string owner{};
    std::uint64_t limit_bytes = std::uint64_t{1} << 30;
    Sync sync = Sync::every_second;
};

/// The number of a metric that is not on disk.
inline constexpr std::uint64_t kNoSequence = UINT64_MAX;

/// One record, back in memory.
struct LoadedRecord {
    BatchRef batch;                 ///< nothing when none of the wanted could be read
    std::uint64_t batch_first = 0;  ///< number of the batch's first metric
    SequenceRange range;            ///< those of the wanted ones that it holds; what comes before is lost
    std::error_code error;          ///< the disk does not answer: try again later
};

/// Part of what was stored in one go.
struct StoredRun {
    std::size_t first;  ///< index of its first metric
    std::size_t count;
    std::uint64_t sequence;  ///< of the first, consecutive from there; kNoSequence when they are not on disk
};

/// Owns the folder of one buffer. A disk that fails is reported once, left alone for a while, and tried again
/// by a later store; nothing here ever throws but std::bad_alloc. One thread at a time stores, one loads and
/// settles; sync may come from any.
class DiskStore {
public:
    using Clock = std::chrono::steady_clock;
    /// Says what a person should know: whether it is a failure, and a line for the log. [any thread]
    using Tell = std::function<void(bool failure, const std::string& line)>;

    DiskStore(DiskSettings settings, Tell tell, FileSystem& files = FileSystem::system());

    /// Opens the folder, if that has not worked yet, and returns what waits in it, oldest first. Nothing when
    /// it is open already or cannot be opened.
    [[nodiscard]] std::vector<SequenceRange> open(Clock::time_point now);

    /// Writes metrics and says for all of them, in order, whether they are on disk. Those that line protocol
    /// cannot express never are; none is while the disk fails. The result is valid until the next call.
    [[nodiscard]] const std::vector<StoredRun>& store(MetricSpan metrics, Clock::time_point now);
    /// With Sync::always waits until the disk has what was stored so far; threads that wait share one wait.
    /// [any thread]
    void commit();

    /// Loads the first record that holds any of the wanted metrics, which are at least one.
    [[nodiscard]] LoadedRecord load(SequenceRange wanted, BatchPool& pool);

    /// Remembers what is delivered, and removes what is no longer needed.
    void settle(const Position& position);
    /// Removes everything before that number, delivered or not.
    void remove_before(std::uint64_t sequence);

    /// Brings to the disk what is not there yet, when that is due, and tries again to note what is delivered
    /// if that failed. [any thread]
    void sync_if_due();

    [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
    /// Whether another store would go over the limit. [any thread]
    [[nodiscard]] bool is_full() const;
    /// The number at which the oldest segment ends, which is the least that can be dropped; nothing when
    /// there is only one, or none. [any thread]
    [[nodiscard]] std::optional<std::uint64_t> end_of_oldest() const;
    /// One behind the newest metric. [any thread]
    [[nodiscard]] std::uint64_t end() const;
    [[nodiscard]] const DiskSettings& settings() const noexcept { return settings_; }

private:
    /// Whether the disk does one thing that it is asked: told about when it changes. [any thread]
    class Health {
    public:
        Health(std::string purpose, std::string consequence)
            : purpose_(std::move(purpose)), consequence_(std::move(consequence)) {}
        /// Whether enough time has passed since the last failure.
        [[nodiscard]] bool may_try(Clock::time_point now);
        void failed(const DiskStore& store, const std::error_code& error);
        void works(const DiskStore& store);

    private:
        const std::string purpose_;
        const std::string consequence_;
        std::mutex mutex_;
        std::atomic<std::uint64_t> failures_{0};  // in a row
        Backoff backoff_{{std::chrono::seconds(1), std::chrono::seconds(30)}};
        Clock::time_point next_try_{};
    };

    [[nodiscard]] bool open_files(Clock::time_point now, OpenedLog& opened);
    void sync();
    void note_position();
    void begin_record();
    [[nodiscard]] bool end_record(std::size_t first, std::size_t count);
    void add_run(std::size_t first, std::size_t count, std::uint64_t sequence);
    void tell_what_was_found(const OpenedLog& opened) const;

    const DiskSettings settings_;
    const Tell tell_;
    FileSystem& files_;
    std::atomic<bool> open_{false};  // from then on log_ stays as it is
    std::unique_ptr<DiskLog> log_;
    Health opening_{"open what it holds", "metrics are kept in memory only"};
    Health writing_{"write", "metrics are kept in memory only"};
    Health syncing_{"wait for the disk", "a power cut may cost the newest metrics"};
    Health settling_{"note what is delivered", "it may be delivered again after a restart"};

    std::mutex settle_mutex_;  // around what follows
    PositionFile position_file_;
    Position position_;
    bool position_is_stale_ = false;  // the file does not have it yet

    // Of the storing thread.
    line_protocol::Encoder encoder_;
    line_protocol::Buffer record_;
    std::vector<StoredRun> runs_;

    // Of the loading thread.
    line_protocol::Decoder decoder_;
};

}  // namespace heliograph::delivery
