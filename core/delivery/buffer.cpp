#include "core/delivery/buffer.hpp"

#include <algorithm>
#include <utility>

namespace heliograph::delivery {

Buffer::Buffer(BufferSettings settings, std::unique_ptr<DiskStore> store, std::shared_ptr<BatchPool> pool)
    : settings_(settings), store_(std::move(store)), pool_(std::move(pool)) {}

void Buffer::Run::cut_front(std::size_t metrics) noexcept {
    first += metrics;
    count -= metrics;
    if (is_stored()) {
        sequence += metrics;
    }
}

std::size_t Buffer::open(Clock::time_point now) {
    return store_ == nullptr ? 0 : restore(now);
}

/// Puts what an earlier run has left before all else.
std::size_t Buffer::restore(Clock::time_point now) {
    if (store_->is_open()) {
        return 0;
    }
    const std::vector<SequenceRange> waiting = store_->open(now);
    if (!store_->is_open()) {
        return 0;
    }
    const std::lock_guard lock(mutex_);
    stored_end_ = store_->end();
    std::size_t restored = 0;
    std::vector<Run> runs;
    for (const SequenceRange& range : waiting) {
        const auto count = static_cast<std::size_t>(range.end - range.first);
        runs.push_back({{}, 0, count, 0, now, range.first, true});
        restored += count;
    }
    runs_.insert(runs_.begin(), std::make_move_iterator(runs.begin()), std::make_move_iterator(runs.end()));
    count_ += restored;
    work_.notify_one();
    return restored;
}

Buffer::Losses Buffer::append(BatchRef batch, Clock::time_point now) {
    Losses losses;
    if (store_ == nullptr) {
        const StoredRun all{0, batch.size(), kNoSequence};
        losses.dropped = push(std::move(batch), {&all, 1}, now);
        return losses;
    }
    {
        const std::lock_guard append_lock(append_mutex_);
        losses.restored = restore(now);
        losses.dropped = make_room_on_disk();
        const std::vector<StoredRun>& stored = store_->store(batch.metrics(), now);
        losses.dropped += push(std::move(batch), stored, now);
    }
    store_->commit();
    return losses;
}

/// Takes a batch in, run by run; returns how many metrics were dropped for it.
std::size_t Buffer::push(BatchRef batch, std::span<const StoredRun> stored, Clock::time_point now) {
    std::size_t bytes = batch.footprint();
    const bool is_stored = std::all_of(stored.begin(), stored.end(),
                                       [](const StoredRun& it) { return it.sequence != kNoSequence; });
    std::unique_lock lock(mutex_);
    // Behind a backlog on disk it would take up memory for as long as that lasts.
    const bool is_behind_backlog = !runs_.empty() && !runs_.back().in_memory();
    const bool on_disk_only = is_stored && (is_behind_backlog || !has_memory_for(bytes));
    const std::size_t dropped = on_disk_only ? 0 : make_room(lock, bytes);
    const bool was_empty = runs_.empty();
    for (const StoredRun& it : stored) {
        if (on_disk_only) {
            push_on_disk(it, now);
        } else {
            runs_.push_back({batch, it.first, it.count, bytes, now, it.sequence});
            bytes_ += std::exchange(bytes, 0);
        }
        count_ += it.count;
        if (it.sequence != kNoSequence) {
            stored_end_ = it.sequence + it.count;
        }
    }
    // The reader needs to know of the first metric, to time its flush, and of the one that makes a write due.
    if (was_empty || is_full()) {
        lock.unlock();
        work_.notify_one();
    }
    return dropped;
}

void Buffer::push_on_disk(const StoredRun& stored, Clock::time_point now) {
    if (!runs_.empty() && !runs_.back().in_memory() && runs_.back().end() == stored.sequence) {
        runs_.back().count += stored.count;
    } else {
        runs_.push_back({{}, 0, stored.count, 0, now, stored.sequence});
    }
}

/// Makes room in memory, or waits for it, as the settings say.
std::size_t Buffer::make_room(std::unique_lock<std::mutex>& lock, std::size_t needed) {
    demote_newest_until(needed);
    if (settings_.when_full == WhenFull::drop_oldest) {
        return drop_oldest_until(needed);
    }
    if (!letting_through_ && !has_memory_for(needed)) {
        ++waiting_;
        work_.notify_one();
        room_.wait(lock, [&] { return letting_through_ || has_memory_for(needed); });
        --waiting_;
    }
    return 0;
}

bool Buffer::has_memory_for(std::size_t bytes) const {
    return bytes_ == 0 || bytes_ + bytes <= settings_.limit_bytes;
}

/// Lets go of a run's share of its batch. Memory is free once all runs of the batch do so.
void Buffer::release(Run& run) {
    bytes_ -= std::exchange(run.bytes, 0);
    run.batch = {};
    run.first = 0;
}

/// Takes a run out; its batch is counted on while another run shares it.
Buffer::Runs::iterator Buffer::erase(Runs::iterator run) {
    const auto next = std::next(run);
    if (run->bytes != 0 && next != runs_.end() && next->batch == run->batch) {
        next->bytes = std::exchange(run->bytes, 0);
    }
    bytes_ -= run->bytes;
    return runs_.erase(run);
}

/// Lets go of batches that are on disk as a whole, the newest first, until there is memory.
void Buffer::demote_newest_until(std::size_t needed) {
    for (auto end = runs_.end(); end != runs_.begin() && !has_memory_for(needed);) {
        auto begin = std::prev(end);
        while (begin != runs_.begin() && std::prev(begin)->batch == begin->batch) {
            --begin;
        }
        const bool is_out = begin->bytes == 0;  // a part of the batch, so its memory cannot be had
        if (!is_out && std::all_of(begin, end, [](const Run& run) { return run.is_stored(); })) {
            std::for_each(begin, end, [this](Run& run) { release(run); });
        }
        end = begin;
    }
}

/// Drops metrics that are in memory alone. What else their batches hold is on disk, and goes on from there.
std::size_t Buffer::drop_oldest_until(std::size_t needed) {
    std::size_t dropped = 0;
    BatchRef victim;  // a batch that is let go of as a whole
    for (auto run = runs_.begin(); run != runs_.end();) {
        if (!run->in_memory() || run->batch != victim) {
            if (has_memory_for(needed)) {
                break;
            }
            const auto end =
                std::find_if(run, runs_.end(), [&](const Run& it) { return it.batch != run->batch; });
            if (run->bytes == 0 || std::all_of(run, end, [](const Run& it) { return it.is_stored(); })) {
                run = end;  // no memory to be had: a part of the batch is out, or all of it is on disk
                continue;
            }
            victim = run->batch;
        }
        const bool is_lost = !run->is_stored();
        release(*run);
        if (is_lost) {
            dropped += run->count;
            count_ -= run->count;
            run = runs_.erase(run);
        } else {
            ++run;
        }
    }
    return dropped;
}

/// Drops what waits with a number before that one.
std::size_t Buffer::drop_stored_before(std::uint64_t sequence) {
    std::size_t dropped = 0;
    removed_before_ = sequence;
    for (auto run = runs_.begin(); run != runs_.end();) {
        if (!run->is_stored()) {
            ++run;
            continue;
        }
        if (run->sequence >= sequence) {
            break;
        }
        const auto gone =
            static_cast<std::size_t>(std::min<std::uint64_t>(run->count, sequence - run->sequence));
        dropped += gone;
        run->cut_front(gone);
        if (run->count == 0) {
            run = erase(run);
        }
    }
    count_ -= dropped;
    return dropped;
}

std::size_t Buffer::make_room_on_disk() {
    std::size_t dropped = 0;
    while (store_->is_full()) {
        const auto oldest = store_->end_of_oldest();
        std::unique_lock lock(mutex_);
        if (!oldest || (settings_.when_full == WhenFull::block && letting_through_)) {
            break;
        }
        if (settings_.when_full == WhenFull::block) {
            ++waiting_;
            work_.notify_one();
            room_.wait(lock, [&] {
                return letting_through_ || !store_->is_full() || !store_->end_of_oldest().has_value();
            });
            --waiting_;
            continue;
        }
        dropped += drop_stored_before(*oldest);
        lock.unlock();
        store_->remove_before(*oldest);
        if (store_->end_of_oldest() == oldest) {
            break;  // it could not be removed, and the limit is passed rather than that metrics are
        }
    }
    return dropped;
}

bool Buffer::is_full() const {
    return count_ >= settings_.batch_size || bytes_ >= settings_.limit_bytes / 2 || waiting_ != 0;
}

bool Buffer::due(Clock::time_point now) const {
    return !runs_.empty() && (is_full() || now - runs_.front().since >= settings_.flush_interval);
}

Buffer::Work Buffer::wait_for_work(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto now = Clock::now();
        if (closed_) {
            return Work::closed;
        }
        if (due(now)) {
            return Work::due;
        }
        if (now >= until) {
            return Work::timeout;
        }
        const auto wake =
            runs_.empty() ? until : std::min(until, runs_.front().since + settings_.flush_interval);
        work_.wait_until(lock, wake);
    }
}

Buffer::Work Buffer::wait_for_close(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    return work_.wait_until(lock, until, [&] { return closed_; }) ? Work::closed : Work::timeout;
}

void Buffer::let_through() {
    {
        const std::lock_guard lock(mutex_);
        letting_through_ = true;
    }
    room_.notify_all();
}

void Buffer::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    work_.notify_all();
    let_through();
}

bool Buffer::is_on_disk() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(runs_.begin(), runs_.end(), [](const Run& run) { return run.is_stored(); });
}

std::size_t Buffer::size() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

std::size_t Buffer::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void Buffer::sync_if_due() {
    if (store_ != nullptr) {
        store_->sync_if_due();
        room_.notify_all();  // what could not be removed before may be gone now
    }
}

Buffer::Rest Buffer::clear() {
    const std::lock_guard append_lock(append_mutex_);
    Runs runs;
    {
        const std::lock_guard lock(mutex_);
        runs.swap(runs_);
        count_ = 0;
        bytes_ = 0;
    }
    // There is no later time: a disk that failed a moment ago is tried all the same.
    constexpr auto kWhateverWas = Clock::time_point::max();
    Rest rest;
    for (const Run& run : runs) {
        if (run.is_stored()) {
            rest.on_disk += run.count;
            continue;
        }
        if (store_ == nullptr) {
            rest.lost += run.count;
            continue;
        }
        static_cast<void>(store_->open(kWhateverWas));
        const MetricSpan metrics(run.batch.metrics().records().data() + run.first, run.count);
        for (const StoredRun& stored : store_->store(metrics, kWhateverWas)) {
            (stored.sequence == kNoSequence ? rest.lost : rest.on_disk) += stored.count;
        }
    }
    if (store_ != nullptr) {
        store_->commit();
        store_->sync_if_due();
    }
    return rest;
}

}  // namespace heliograph::delivery
