#include "core/delivery/disk_store.hpp"

#include <heliograph/arena.hpp>

#include <algorithm>
#include <utility>

namespace heliograph::delivery {
namespace {

/// A record is closed once its text has this size: large enough that headers cost nothing, small enough that
/// damage takes little along and that loading one takes little memory.
constexpr std::size_t kRecordBytes = std::size_t{64} << 10;
constexpr std::uint64_t kSmallestSegment = std::uint64_t{64} << 10;
constexpr std::uint64_t kLargestSegment = std::uint64_t{16} << 20;
/// The limit is cut into at least as many segments, since a whole one goes at a time.
constexpr std::uint64_t kSegments = 8;

/// One entry a metric, whatever is in it: text that this program reads back.
constexpr line_protocol::EncodeSettings kEncode{};

}  // namespace

DiskStore::DiskStore(DiskSettings settings, Tell tell, FileSystem& files)
    : settings_(std::move(settings)),
      tell_(std::move(tell)),
      files_(files),
      position_file_(files),
      encoder_(kEncode) {}

bool DiskStore::Health::may_try(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    return failures_ == 0 || now >= next_try_;
}

void DiskStore::Health::failed(const DiskStore& store, const std::string& doing,
                               const std::error_code& error) {
    const std::lock_guard lock(mutex_);
    next_try_ = Clock::now() + backoff_.next();
    if (failures_++ == 0) {
        store.tell_(true, "the disk buffer cannot " + doing + " in " + store.settings_.folder.string() +
                              ": " + error.message() +
                              "; until it can, metrics are kept in memory only: see to the disk");
    }
}

void DiskStore::Health::works(const DiskStore& store) {
    const std::lock_guard lock(mutex_);
    if (failures_ != 0) {
        store.tell_(false, "the disk buffer works again, after " + std::to_string(failures_) +
                               (failures_ == 1 ? " failure" : " failures"));
        failures_ = 0;
        backoff_.reset();
    }
}

std::vector<SequenceRange> DiskStore::open(Clock::time_point now) {
    std::vector<SequenceRange> waiting;
    if (is_open() || !writing_.may_try(now)) {
        return waiting;
    }
    const auto segment = std::clamp(settings_.limit_bytes / kSegments, kSmallestSegment, kLargestSegment);
    auto log = std::make_unique<DiskLog>(DiskLogSettings{settings_.folder, settings_.owner, segment}, files_);
    std::optional<Position> found;
    OpenedLog opened;
    std::error_code error = files_.make_folder(settings_.folder);
    if (!error) {
        error = position_file_.open(settings_.folder / "position", found);
    }
    if (!error) {
        error = log->open(found ? found->next : 0, opened);
    }
    if (error) {
        writing_.failed(*this, "open what it holds", error);
        return waiting;
    }
    writing_.works(*this);
    position_ = found.value_or(Position{opened.first, {}});
    tell_what_was_found(opened);
    std::uint64_t next = std::max(position_.next, opened.first);
    const auto wait_until = [&](std::uint64_t end) {
        if (end > next) {
            waiting.push_back({next, end});
        }
    };
    for (const SequenceRange& done : position_.done) {
        wait_until(std::min(done.first, opened.end));
        next = std::max(next, done.end);
    }
    wait_until(opened.end);
    log_ = std::move(log);
    open_.store(true, std::memory_order_release);
    return waiting;
}

void DiskStore::tell_what_was_found(const OpenedLog& opened) const {
    if (opened.cut_bytes != 0) {
        tell_(true, "the disk buffer in " + settings_.folder.string() + " ended within a record; " +
                        std::to_string(opened.cut_bytes) + " bytes were cut off");
    }
    if (opened.first > position_.next) {
        tell_(true, std::to_string(opened.first - position_.next) +
                        " metrics are missing from the disk buffer in " + settings_.folder.string() +
                        ": its oldest segments were removed");
    }
}

void DiskStore::add_run(std::size_t first, std::size_t count, std::uint64_t sequence) {
    if (count == 0) {
        return;
    }
    if (!runs_.empty()) {
        StoredRun& last = runs_.back();
        const bool both_missing = sequence == kNoSequence && last.sequence == kNoSequence;
        if (both_missing || (sequence != kNoSequence && last.sequence != kNoSequence &&
                             last.sequence + last.count == sequence)) {
            last.count += count;
            return;
        }
    }
    runs_.push_back({first, count, sequence});
}

void DiskStore::begin_record() {
    record_.clear();
    record_.commit(record_.prepare(kRecordHeaderBytes) + kRecordHeaderBytes);
}

bool DiskStore::end_record(std::size_t first, std::size_t count) {
    if (count == 0) {
        return true;
    }
    const std::uint64_t sequence = log_->end();
    // The buffer's memory is its own; only the header at its beginning is filled in.
    auto* bytes = const_cast<char*>(record_.data());
    if (const auto error = log_->append(static_cast<std::uint32_t>(count), bytes, record_.size())) {
        writing_.failed(*this, "write", error);
        add_run(first, count, kNoSequence);
        return false;
    }
    add_run(first, count, sequence);
    begin_record();
    return true;
}

const std::vector<StoredRun>& DiskStore::store(MetricSpan metrics, Clock::time_point now) {
    runs_.clear();
    if (!is_open() || !writing_.may_try(now)) {
        add_run(0, metrics.size(), kNoSequence);
        return runs_;
    }
    begin_record();
    std::size_t first = 0;  // of the record that is being filled
    bool good = true;
    for (std::size_t i = 0; i < metrics.size() && good; ++i) {
        const auto result = encoder_.append(metrics[i], record_);
        if (result.status != line_protocol::EncodeStatus::ok) {
            good = end_record(first, i - first);
            if (good) {
                add_run(i, 1, kNoSequence);
                first = i + 1;
            }
        } else if (record_.size() >= kRecordBytes) {
            good = end_record(first, i + 1 - first);
            first = i + 1;
        }
    }
    good = good && end_record(first, metrics.size() - first);
    const std::size_t covered = runs_.empty() ? 0 : runs_.back().first + runs_.back().count;
    add_run(covered, metrics.size() - covered, kNoSequence);
    if (good && settings_.sync == Sync::always) {
        if (const auto error = log_->sync(log_->end())) {
            writing_.failed(*this, "sync", error);
            good = false;
        }
    }
    if (good) {
        writing_.works(*this);
    }
    return runs_;
}

LoadedRecord DiskStore::load(SequenceRange wanted, BatchPool& pool) {
    LoadedRecord loaded;
    RecordHeader header;
    std::string_view text;
    if (!log_->read(wanted.first, header, text, loaded.error) || header.first >= wanted.end) {
        return loaded;
    }
    BatchRef batch = pool.acquire();
    OwnedBatch& owned = batch.exclusive();
    // The text moves into the batch, which then counts and frees it like any other.
    const hg_text copy = arena_copy(owned.arena().door(), text);
    Batch records = owned.batch();
    decoder_.decode(view(copy), records);
    owned.reset_counts();
    const std::uint64_t end = header.first + std::min<std::uint64_t>(owned.size(), header.count);
    loaded.range = {std::max(header.first, wanted.first), std::min(end, wanted.end)};
    if (loaded.range.first < loaded.range.end) {
        loaded.batch = std::move(batch);
        loaded.batch_first = header.first;
    }
    return loaded;
}

void DiskStore::settle(const Position& position) {
    if (!is_open() || (position == position_ && !position_is_stale_)) {
        return;
    }
    position_ = position;
    position_is_stale_ = true;
    if (!settling_.may_try(Clock::now())) {
        return;
    }
    std::error_code error = position_file_.write(position_);
    if (!error && settings_.sync == Sync::always) {
        error = position_file_.sync();
    }
    if (!error) {
        error = log_->remove_before(position_.next);
    }
    if (error) {
        settling_.failed(*this, "note what is delivered", error);
    } else {
        position_is_stale_ = false;
        settling_.works(*this);
    }
}

void DiskStore::remove_before(std::uint64_t sequence) {
    if (const auto error = log_->remove_before(sequence)) {
        writing_.failed(*this, "remove its oldest segment", error);
    }
}

void DiskStore::sync_if_due() {
    if (!is_open() || settings_.sync != Sync::every_second || !writing_.may_try(Clock::now())) {
        return;
    }
    if (const auto error = log_->sync(log_->end())) {
        writing_.failed(*this, "sync", error);
    }
}

bool DiskStore::is_full() const {
    return is_open() && log_->bytes() + kRecordBytes > settings_.limit_bytes;
}

std::optional<std::uint64_t> DiskStore::end_of_oldest() const {
    return is_open() ? log_->end_of_oldest() : std::nullopt;
}

std::uint64_t DiskStore::end() const {
    return is_open() ? log_->end() : 0;
}

}  // namespace heliograph::delivery
