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
        runs.push_back({{}, 0, count, 0, now, range.first});
        restored += count;
    }
    runs_.insert(runs_.begin(), std::make_move_iterator(runs.begin()), std::make_move_iterator(runs.end()));
    count_ += restored;
    work_.notify_one();
    return restored;
}

Buffer::Losses Buffer::append(BatchRef batch, Clock::time_point now) {
    std::size_t bytes = batch.footprint();
    if (store_ == nullptr) {
        const std::size_t count = batch.size();
        return {.dropped = push({std::move(batch), 0, count, bytes, now, kNoSequence})};
    }
    const std::lock_guard append_lock(append_mutex_);
    Losses losses;
    losses.restored = restore(now);
    losses.dropped = make_room_on_disk();
    for (const StoredRun& stored : store_->store(batch.metrics(), now)) {
        losses.dropped +=
            push({batch, stored.first, stored.count, std::exchange(bytes, 0), now, stored.sequence});
    }
    return losses;
}

/// Takes a run in; returns how many metrics were dropped for it.
std::size_t Buffer::push(Run run) {
    std::unique_lock lock(mutex_);
    std::size_t dropped = 0;
    const bool was_empty = runs_.empty();
    if (run.is_stored()) {
        stored_end_ = run.end();
    }
    count_ += run.count;
    if (run.is_stored() && !has_memory_for(run.bytes)) {
        push_on_disk(run);
    } else {
        if (!has_memory_for(run.bytes) && store_ != nullptr) {
            demote(run.bytes);
        }
        if (settings_.when_full == WhenFull::drop_oldest) {
            dropped = drop_oldest_until(run.bytes);
        } else if (!letting_through_ && !has_memory_for(run.bytes)) {
            ++waiting_;
            work_.notify_one();
            room_.wait(lock, [&] { return letting_through_ || has_memory_for(run.bytes); });
            --waiting_;
        }
        bytes_ += run.bytes;
        runs_.push_back(std::move(run));
    }
    // The reader needs to know of the first metric, to time its flush, and of the one that makes a write due.
    if (was_empty || is_full()) {
        lock.unlock();
        work_.notify_one();
    }
    return dropped;
}

void Buffer::push_on_disk(const Run& run) {
    if (!runs_.empty() && !runs_.back().in_memory() && runs_.back().end() == run.sequence) {
        runs_.back().count += run.count;
    } else {
        runs_.push_back({{}, 0, run.count, 0, run.since, run.sequence});
    }
}

bool Buffer::has_memory_for(std::size_t bytes) const {
    return bytes_ == 0 || bytes_ + bytes <= settings_.limit_bytes;
}

/// Lets go of batches that are on disk as well, the newest first, until there is memory.
void Buffer::demote(std::size_t needed) {
    for (auto run = runs_.rbegin(); run != runs_.rend() && !has_memory_for(needed); ++run) {
        if (run->in_memory() && run->is_stored()) {
            bytes_ -= std::exchange(run->bytes, 0);
            run->batch = {};
            run->first = 0;
        }
    }
}

std::size_t Buffer::drop_oldest_until(std::size_t needed) {
    std::size_t dropped = 0;
    for (auto run = runs_.begin(); run != runs_.end() && bytes_ + needed > settings_.limit_bytes;) {
        if (run->is_stored()) {
            ++run;  // holds no memory that could be had
            continue;
        }
        dropped += run->count;
        count_ -= run->count;
        bytes_ -= run->bytes;
        run = runs_.erase(run);
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
            bytes_ -= run->bytes;
            run = runs_.erase(run);
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
            room_.wait(lock, [&] { return letting_through_ || !store_->is_full(); });
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

bool Buffer::load_front(std::unique_lock<std::mutex>& lock) {
    Run run = std::move(runs_.front());
    runs_.pop_front();
    lock.unlock();
    LoadedRecord loaded = store_->load({run.sequence, run.end()}, *pool_);
    lock.lock();
    if (loaded.error) {
        runs_.push_front(std::move(run));
        return false;
    }
    const std::uint64_t end = run.end();
    const SequenceRange found = loaded.batch ? loaded.range : SequenceRange{end, end};
    const auto missing = static_cast<std::size_t>(found.first - run.sequence);
    std::uint64_t rest = found.end;
    if (rest < removed_before_) {
        // Room was made meanwhile.
        losses_.dropped += static_cast<std::size_t>(std::min(removed_before_, end) - rest);
        rest = std::min(removed_before_, end);
    }
    losses_.damaged += missing;
    count_ -= missing + static_cast<std::size_t>(rest - found.end);
    if (rest < end) {
        runs_.push_front({{}, 0, static_cast<std::size_t>(end - rest), 0, run.since, rest});
    }
    if (loaded.batch) {
        const std::size_t bytes = loaded.batch.footprint();
        bytes_ += bytes;
        runs_.push_front({std::move(loaded.batch), static_cast<std::size_t>(found.first - loaded.batch_first),
                          static_cast<std::size_t>(found.end - found.first), bytes, run.since, found.first});
    }
    return true;
}

MetricSpan Buffer::take(std::size_t most) {
    taken_.clear();
    records_.clear();
    std::size_t room = std::min(most, settings_.batch_size);
    {
        std::unique_lock lock(mutex_);
        while (room != 0 && !runs_.empty()) {
            if (!runs_.front().in_memory()) {
                if (!load_front(lock)) {
                    break;
                }
                continue;
            }
            Run& front = runs_.front();
            if (front.count <= room) {
                room -= front.count;
                taken_.push_back(std::move(front));
                runs_.pop_front();
                continue;
            }
            Run part = front;
            part.count = room;
            part.bytes = 0;  // the rest keeps the batch in memory
            front.cut_front(room);
            taken_.push_back(std::move(part));
            room = 0;
        }
    }
    for (const Run& run : taken_) {
        const auto records = run.batch.metrics().records().subspan(run.first, run.count);
        records_.insert(records_.end(), records.begin(), records.end());
    }
    return {records_.data(), records_.size()};
}

Buffer::Losses Buffer::finish(const std::vector<bool>& kept) {
    std::vector<Run> back;
    std::size_t gone = 0;
    std::size_t gone_bytes = 0;
    std::size_t index = 0;
    for (Run& run : taken_) {
        std::size_t bytes = run.bytes;
        while (run.count != 0) {
            std::size_t same = 1;
            while (same < run.count && kept[index + same] == kept[index]) {
                ++same;
            }
            if (kept[index]) {
                // However little is kept of it, the batch stays in memory as a whole.
                back.push_back(
                    {run.batch, run.first, same, std::exchange(bytes, 0), run.since, run.sequence});
            } else {
                gone += same;
            }
            index += same;
            run.cut_front(same);
        }
        gone_bytes += bytes;
    }
    taken_.clear();
    records_.clear();
    Position done;
    {
        const std::lock_guard lock(mutex_);
        for (Run& run : back) {
            if (run.is_stored() && run.sequence < removed_before_) {
                run.sequence = kNoSequence;  // it was removed from the disk meanwhile
            }
        }
        runs_.insert(runs_.begin(), std::make_move_iterator(back.begin()),
                     std::make_move_iterator(back.end()));
        count_ -= gone;
        bytes_ -= gone_bytes;
        done = position();
    }
    if (store_ != nullptr) {
        store_->settle(done);
    }
    room_.notify_all();
    return std::exchange(losses_, {});
}

/// What is done: whatever was stored and waits no more.
Position Buffer::position() const {
    Position done{stored_end_, {}};
    std::uint64_t end = kNoSequence;  // of the stored run before
    const auto note_gap = [&](std::uint64_t next) {
        if (end < next) {
            done.done.push_back({end, next});
        }
    };
    for (const Run& run : runs_) {
        if (!run.is_stored()) {
            continue;
        }
        if (end == kNoSequence) {
            done.next = run.sequence;
        } else {
            note_gap(run.sequence);
        }
        end = run.end();
    }
    note_gap(stored_end_);
    return done;
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
    }
}

Buffer::Rest Buffer::clear() {
    const std::lock_guard append_lock(append_mutex_);
    std::deque<Run> runs;
    {
        const std::lock_guard lock(mutex_);
        runs.swap(runs_);
        count_ = 0;
        bytes_ = 0;
    }
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
        const MetricSpan metrics(run.batch.metrics().records().data() + run.first, run.count);
        for (const StoredRun& stored : store_->store(metrics, Clock::now())) {
            (stored.sequence == kNoSequence ? rest.lost : rest.on_disk) += stored.count;
        }
    }
    if (store_ != nullptr) {
        store_->sync_if_due();
    }
    return rest;
}

}  // namespace heliograph::delivery
