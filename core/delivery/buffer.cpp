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
    const bool on_disk_only = is_stored && !has_memory_for(bytes);
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

bool Buffer::load_front(std::unique_lock<std::mutex>& lock) {
    const Run run = std::move(runs_.front());
    runs_.pop_front();
    lock.unlock();
    LoadedRecord loaded = store_->load({run.sequence, run.end()}, *pool_);
    lock.lock();
    if (loaded.error) {
        runs_.push_front(run);
        return false;
    }
    // Room may have been made meanwhile: what was removed and not loaded is dropped rather than damaged.
    const SequenceRange found = loaded.range;
    const std::uint64_t removed = std::clamp(removed_before_, run.sequence, run.end());
    const std::uint64_t missing = found.first - run.sequence;
    const std::uint64_t dropped = std::min(removed - run.sequence, missing);
    losses_.damaged += static_cast<std::size_t>(missing - dropped);
    losses_.dropped += static_cast<std::size_t>(dropped);
    count_ -= static_cast<std::size_t>(missing);
    std::uint64_t rest = found.end;
    if (rest < removed) {
        losses_.dropped += static_cast<std::size_t>(removed - rest);
        count_ -= static_cast<std::size_t>(removed - rest);
        rest = removed;
    }
    if (rest < run.end()) {
        runs_.push_front(
            {{}, 0, static_cast<std::size_t>(run.end() - rest), 0, run.since, rest, run.is_fragment});
    }
    if (loaded.batch) {
        const std::size_t bytes = loaded.batch.footprint();
        bytes_ += bytes;
        std::vector<Run> runs{{loaded.batch, static_cast<std::size_t>(found.first - loaded.batch_first),
                               static_cast<std::size_t>(found.end - found.first), bytes, run.since,
                               found.first, run.is_fragment}};
        forget_removed(runs);
        runs_.insert(runs_.begin(), runs.begin(), runs.end());
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
                const bool takes_too_much = !taken_.empty() && bytes_ >= settings_.limit_bytes;
                if (takes_too_much || !load_front(lock)) {
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
            front.bytes = 0;
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
    kept_.clear();
    gone_.clear();
    std::size_t index = 0;
    for (std::size_t begin = 0; begin < taken_.size();) {
        std::size_t end = begin;
        std::size_t bytes = 0;
        const std::size_t kept_before = kept_.size();
        for (; end < taken_.size() && taken_[end].batch == taken_[begin].batch; ++end) {
            bytes += taken_[end].bytes;
            keep_some(taken_[end], kept, index);
            index += taken_[end].count;
        }
        if (kept_.size() != kept_before) {
            // However little is kept of it, the batch stays in memory as a whole.
            kept_[kept_before].bytes = bytes;
        } else {
            gone_.emplace_back(taken_[begin].batch, bytes);
        }
        begin = end;
    }
    Position done;
    {
        const std::lock_guard lock(mutex_);
        if (!gone_.empty() && !runs_.empty() && gone_.back().first == runs_.front().batch) {
            // The rest of it, which was not taken, keeps the batch in memory.
            runs_.front().bytes = std::exchange(gone_.back().second, 0);
        }
        for (const auto& [batch, bytes] : gone_) {
            bytes_ -= bytes;
        }
        count_ -= records_.size();
        for (const Run& run : kept_) {
            count_ += run.count;
        }
        forget_removed(kept_);
        runs_.insert(runs_.begin(), kept_.begin(), kept_.end());
        done = position();
    }
    kept_.clear();
    gone_.clear();
    taken_.clear();
    records_.clear();
    if (store_ != nullptr) {
        store_->settle(done);
    }
    room_.notify_all();
    return std::exchange(losses_, {});
}

/// Adds to kept_ what is kept of a run whose first metric has that index.
void Buffer::keep_some(const Run& run, const std::vector<bool>& kept, std::size_t index) {
    for (std::size_t begin = 0; begin < run.count;) {
        std::size_t end = begin + 1;
        while (end < run.count && kept[index + end] == kept[index + begin]) {
            ++end;
        }
        if (kept[index + begin]) {
            Run piece = run;
            piece.cut_front(begin);
            piece.count = end - begin;
            piece.bytes = 0;
            piece.is_fragment = true;
            kept_.push_back(std::move(piece));
        }
        begin = end;
    }
}

/// Notes of runs that what they are on has been removed from the disk, to make room.
void Buffer::forget_removed(std::vector<Run>& runs) const {
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (!runs[i].is_stored() || runs[i].sequence >= removed_before_) {
            continue;
        }
        if (runs[i].end() > removed_before_) {
            Run rest = runs[i];
            rest.bytes = 0;
            rest.cut_front(static_cast<std::size_t>(removed_before_ - rest.sequence));
            runs[i].count -= rest.count;
            runs.insert(runs.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(rest));
        }
        runs[i].sequence = kNoSequence;
    }
}

/// What is done: whatever was stored and waits no more. Gaps lie only behind fragments.
Position Buffer::position() const {
    Position done{stored_end_, {}};
    std::uint64_t end = kNoSequence;  // of the stored run before
    for (const Run& run : runs_) {
        if (!run.is_stored()) {
            continue;
        }
        if (end == kNoSequence) {
            done.next = run.sequence;
        } else if (end < run.sequence) {
            done.done.push_back({end, run.sequence});
        }
        end = run.end();
        if (!run.is_fragment) {
            return done;
        }
    }
    if (end < stored_end_) {
        done.done.push_back({end, stored_end_});
    }
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
