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
    if (failures_ == 0) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    return now >= next_try_;
}

void DiskStore::Health::failed(const DiskStore& store, const std::error_code& error) {
    const std::lock_guard lock(mutex_);
    next_try_ = Clock::now() + backoff_.next();
    if (failures_++ == 0) {
        const bool is_claimed = error == std::errc::resource_unavailable_try_again;
        const std::string reason = is_claimed ? "another program uses it" : error.message();
        store.tell_(true, "the disk buffer in " + store.settings_.folder.string() + " cannot " + purpose_ +
                              ": " + reason + "; until it can, " + consequence_ + ": see to the disk");
    }
}

void DiskStore::Health::works(const DiskStore& store) {
    if (failures_ == 0) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (const std::uint64_t failures = failures_.exchange(0); failures != 0) {
        store.tell_(false, "the disk buffer can " + purpose_ + " again, after " + std::to_string(failures) +
                               (failures == 1 ? " failure" : " failures"));
        backoff_.reset();
    }
}

bool DiskStore::open_files(Clock::time_point now, OpenedLog& opened) {
    if (!opening_.may_try(now)) {
        return false;
    }
    const auto segment = std::clamp(settings_.limit_bytes / kSegments, kSmallestSegment, kLargestSegment);
    auto log = std::make_unique<DiskLog>(
        DiskLogSettings{settings_.folder, settings_.owner, segment, settings_.sync != Sync::never}, files_);
    std::optional<Position> found;
    std::error_code error = files_.make_folder(settings_.folder);
    if (!error) {
        error = position_file_.open(settings_.folder / "position", found);
    }
    if (!error) {
        // A power cut may leave a position that is newer than what the log has kept. No number that was given
        // before is given again, or the metric that bears it would be taken for delivered.
        const std::uint64_t done = !found ? 0 : found->done.empty() ? found->next : found->done.back().end;
        error = log->open(done, opened);
    }
    if (error) {
        opening_.failed(*this, error);
        return false;
    }
    opening_.works(*this);
    position_ = found.value_or(Position{opened.first, {}});
    // Segments that were delivered may still be there: noting the position removes them.
    position_is_stale_ = found.has_value();
    log_ = std::move(log);
    return true;
}

std::vector<SequenceRange> DiskStore::open(Clock::time_point now) {
    std::vector<SequenceRange> waiting;
    OpenedLog opened;
    const std::lock_guard lock(settle_mutex_);
    if (is_open() || !open_files(now, opened)) {
        return waiting;
    }
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
                        ": its oldest segments were removed before they were delivered");
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
        writing_.failed(*this, error);
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
    if (good) {
        writing_.works(*this);
    }
    return runs_;
}

void DiskStore::commit() {
    if (settings_.sync == Sync::always) {
        sync();
    }
}

void DiskStore::sync() {
    if (!is_open()) {
        return;
    }
    if (const auto error = log_->sync(log_->end())) {
        syncing_.failed(*this, error);
    } else {
        syncing_.works(*this);
    }
}

LoadedRecord DiskStore::load(SequenceRange wanted, BatchPool& pool) {
    LoadedRecord loaded;
    loaded.range = {wanted.end, wanted.end};
    try {
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
        } else {
            const std::uint64_t passed = std::min(header.end(), wanted.end);
            loaded.range = {passed, passed};
        }
    } catch (const std::bad_alloc&) {
        loaded.error = std::make_error_code(std::errc::not_enough_memory);
    }
    return loaded;
}

void DiskStore::settle(const Position& position) {
    if (!is_open()) {
        return;
    }
    const std::lock_guard lock(settle_mutex_);
    if (position != position_) {
        position_ = position;
        position_is_stale_ = true;
    }
    note_position();
}

void DiskStore::note_position() {
    if (!position_is_stale_) {
        return;
    }
    std::error_code error = position_file_.write(position_);
    const auto oldest = log_->end_of_oldest();
    const bool removes = oldest && *oldest <= position_.next;
    // A position that a power cut takes back to what is removed would look like a loss.
    if (!error && (settings_.sync == Sync::always || (removes && settings_.sync != Sync::never))) {
        error = position_file_.sync();
    }
    if (!error && removes) {
        error = log_->remove_before(position_.next);
    }
    if (error) {
        settling_.failed(*this, error);
    } else {
        position_is_stale_ = false;
        settling_.works(*this);
    }
}

void DiskStore::remove_before(std::uint64_t sequence) {
    if (const auto error = log_->remove_before(sequence)) {
        settling_.failed(*this, error);
    }
}

void DiskStore::sync_if_due() {
    if (!is_open()) {
        return;
    }
    {
        const std::lock_guard lock(settle_mutex_);
        note_position();
    }
    if (settings_.sync == Sync::every_second) {
        sync();
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
