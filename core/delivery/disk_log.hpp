// The log behind a disk buffer: records of metrics in a row of files, added at the end and removed at the
// front.
#pragma once

#include "core/delivery/file.hpp"
#include "core/delivery/record.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heliograph::delivery {

struct DiskLogSettings {
    std::filesystem::path folder;
    std::string owner;  ///< node label, for people who look into a segment
    std::uint64_t segment_bytes = std::uint64_t{16} << 20;
    bool is_synced = true;  ///< false: sync is never called, so files are not kept open for it
};

/// What opening a log found.
struct OpenedLog {
    std::uint64_t first = 0;      ///< sequence number of the oldest metric that may be there
    std::uint64_t end = 0;        ///< one behind the newest
    std::uint64_t cut_bytes = 0;  ///< torn off the end of the last segment
};

/// Every metric ever appended has a sequence number, one more than the metric before it. A segment is a file
/// named after the sequence number of its first metric, so that the number of metrics in all segments but the
/// last is known without reading them. One thread at a time appends, one at a time reads.
class DiskLog {
public:
    DiskLog(DiskLogSettings settings, FileSystem& files) : settings_(std::move(settings)), files_(files) {}

    /// Opens what is in the folder, or makes it. Reads only the last segment, and cuts off what follows its
    /// last intact record. Numbers below `at_least` are not given again. [setup]
    [[nodiscard]] std::error_code open(std::uint64_t at_least, OpenedLog& opened);

    /// Appends one record of `count` metrics. `record` begins with kRecordHeaderBytes of room for the header,
    /// which is filled in. After an error nothing was appended.
    [[nodiscard]] std::error_code append(std::uint32_t count, char* record, std::size_t size);
    /// Waits until every metric before `sequence` is on the disk. Several threads that wait share one wait
    /// for the disk. [any thread]
    [[nodiscard]] std::error_code sync(std::uint64_t sequence);

    /// Reads the intact record that holds metric `sequence`, or the next one behind it. False at the end,
    /// which is `end()`. Damage is passed over. Cheap when the sequence lies in the record that was read
    /// last, or behind it. The text is valid until the next read.
    [[nodiscard]] bool read(std::uint64_t sequence, RecordHeader& header, std::string_view& text,
                            std::error_code& error);

    /// Removes the segments whose metrics all come before `sequence`; the one that is written to stays. [any
    /// thread]
    [[nodiscard]] std::error_code remove_before(std::uint64_t sequence);

    /// One behind the last metric. [any thread]
    [[nodiscard]] std::uint64_t end() const;
    /// Bytes of all segments. [any thread]
    [[nodiscard]] std::uint64_t bytes() const;
    /// The sequence number at which the oldest segment ends; nothing when it is the only one. [any thread]
    [[nodiscard]] std::optional<std::uint64_t> end_of_oldest() const;

    [[nodiscard]] const DiskLogSettings& settings() const noexcept { return settings_; }

private:
    struct Segment {
        std::uint64_t first;
        std::uint64_t bytes;
    };
    /// A segment that is complete, but perhaps not on the disk.
    struct Unsynced {
        std::uint64_t end;
        std::shared_ptr<File> file;
    };

    [[nodiscard]] std::filesystem::path path_of(std::uint64_t first) const;
    [[nodiscard]] std::error_code begin_segment();
    [[nodiscard]] std::error_code write_record(std::uint32_t count, char* record, std::size_t size);
    [[nodiscard]] std::uint64_t bytes_of_last() const;
    [[nodiscard]] std::error_code recover_last(OpenedLog& opened);
    [[nodiscard]] bool open_segment_of(std::uint64_t sequence, std::error_code& error);
    [[nodiscard]] bool open_segment_after(std::uint64_t first, std::error_code& error);
    [[nodiscard]] bool open_for_reading(std::uint64_t first, std::error_code& error);
    [[nodiscard]] bool is_plausible(const RecordHeader& header) const noexcept;
    void skip_heading(std::error_code& error);
    [[nodiscard]] bool next_record(RecordHeader& header, std::string_view& text, std::error_code& error);
    [[nodiscard]] bool take_record(RecordHeader& header, std::string_view& text, std::error_code& error);
    [[nodiscard]] bool search_record(RecordHeader& header, std::string_view& text, std::error_code& error);
    [[nodiscard]] std::string_view window(std::size_t wanted, std::error_code& error);
    [[nodiscard]] std::uint64_t bytes_of(std::uint64_t first) const;

    const DiskLogSettings settings_;
    FileSystem& files_;

    mutable std::mutex mutex_;  // around the list of segments, bytes_ and end_
    std::deque<Segment> segments_;
    std::uint64_t bytes_ = 0;  // of all segments
    std::uint64_t end_ = 0;

    std::mutex remove_mutex_;
    std::mutex tail_mutex_;       // around what one thread writes and others sync
    std::shared_ptr<File> tail_;  // the last segment; shared with who syncs it while the next one begins
    std::vector<Unsynced> unsynced_;
    bool has_new_files_ = false;  // whose names may not be on the disk
    std::mutex sync_mutex_;
    std::uint64_t synced_ = 0;  // every metric before is on the disk

    // Of the reading thread alone.
    File open_segment_;
    std::uint64_t open_first_ = 0;
    std::uint64_t read_offset_ = 0;    // in the open segment, of the next record
    std::uint64_t next_sequence_ = 0;  // not before this lies the next record
    std::uint64_t last_offset_ = 0;    // of the record that was read last
    std::uint64_t last_first_ = 0;     // and the number of its first metric
    std::string window_;               // bytes of the open segment from window_offset_ on
    std::uint64_t window_offset_ = 0;
};

/// The name of the segment that begins with that metric, and back. [any thread]
[[nodiscard]] std::string segment_name(std::uint64_t first);
[[nodiscard]] std::optional<std::uint64_t> parse_segment_name(std::string_view name);

}  // namespace heliograph::delivery
