#include "core/delivery/memory_buffer.hpp"

#include <algorithm>
#include <utility>

namespace heliograph::delivery {
std::size_t MemoryBuffer::append(BatchRef batch, Clock::time_point now) {
    const std::size_t count = batch.size();
    const std::size_t bytes = batch.footprint();
    std::unique_lock lock(mutex_);
    std::size_t dropped = 0;
    if (settings_.when_full == WhenFull::block) {
        const auto has_room = [&] {
            return letting_through_ || bytes_ == 0 || bytes_ + bytes <= settings_.limit_bytes;
        };
        if (!has_room()) {
            ++waiting_;
            work_.notify_one();
            room_.wait(lock, has_room);
            --waiting_;
        }
    } else {
        dropped = drop_oldest_until(bytes);
    }
    const bool was_empty = slices_.empty();
    slices_.push_back({std::move(batch), 0, count, bytes, now});
    count_ += count;
    bytes_ += bytes;
    // The reader needs to know of the first metric, to time its flush, and of the one that makes a write due.
    if (was_empty || is_full()) {
        lock.unlock();
        work_.notify_one();
    }
    return dropped;
}

std::size_t MemoryBuffer::drop_oldest_until(std::size_t needed) {
    std::size_t dropped = 0;
    while (!slices_.empty() && bytes_ + needed > settings_.limit_bytes) {
        const Slice& oldest = slices_.front();
        dropped += oldest.count;
        count_ -= oldest.count;
        bytes_ -= oldest.bytes;
        slices_.pop_front();
    }
    return dropped;
}

bool MemoryBuffer::is_full() const {
    return count_ >= settings_.batch_size || bytes_ >= settings_.limit_bytes / 2 || waiting_ != 0;
}

bool MemoryBuffer::due(Clock::time_point now) const {
    return !slices_.empty() && (is_full() || now - slices_.front().since >= settings_.flush_interval);
}

MemoryBuffer::Work MemoryBuffer::wait_for_work(Clock::time_point until) {
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
            slices_.empty() ? until : std::min(until, slices_.front().since + settings_.flush_interval);
        work_.wait_until(lock, wake);
    }
}

MemoryBuffer::Work MemoryBuffer::wait_for_close(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    return work_.wait_until(lock, until, [&] { return closed_; }) ? Work::closed : Work::timeout;
}

MetricSpan MemoryBuffer::take(std::size_t most) {
    most = std::min(most, settings_.batch_size);
    taken_.clear();
    records_.clear();
    {
        const std::lock_guard lock(mutex_);
        std::size_t room = most;
        while (room != 0 && !slices_.empty()) {
            Slice& front = slices_.front();
            if (front.count <= room) {
                room -= front.count;
                taken_.push_back(std::move(front));
                slices_.pop_front();
                continue;
            }
            Slice part = front;
            part.count = room;
            part.bytes = 0;  // the rest keeps the batch in memory
            front.first += room;
            front.count -= room;
            taken_.push_back(std::move(part));
            room = 0;
        }
    }
    for (const Slice& slice : taken_) {
        const auto records = slice.batch.metrics().records().subspan(slice.first, slice.count);
        records_.insert(records_.end(), records.begin(), records.end());
    }
    return {records_.data(), records_.size()};
}

void MemoryBuffer::finish(const std::vector<bool>& kept) {
    std::vector<Slice> back;
    std::size_t gone = 0;
    std::size_t gone_bytes = 0;
    std::size_t index = 0;
    for (const Slice& slice : taken_) {
        std::size_t bytes = slice.bytes;
        for (std::size_t at = 0; at < slice.count;) {
            std::size_t end = at + 1;
            while (end < slice.count && kept[index + end] == kept[index + at]) {
                ++end;
            }
            if (kept[index + at]) {
                // However little is kept of it, the batch stays in memory as a whole.
                back.push_back(
                    {slice.batch, slice.first + at, end - at, std::exchange(bytes, 0), slice.since});
            } else {
                gone += end - at;
            }
            at = end;
        }
        index += slice.count;
        gone_bytes += bytes;
    }
    taken_.clear();
    records_.clear();
    {
        const std::lock_guard lock(mutex_);
        slices_.insert(slices_.begin(), std::make_move_iterator(back.begin()),
                       std::make_move_iterator(back.end()));
        count_ -= gone;
        bytes_ -= gone_bytes;
    }
    room_.notify_all();
}

void MemoryBuffer::let_through() {
    {
        const std::lock_guard lock(mutex_);
        letting_through_ = true;
    }
    room_.notify_all();
}

void MemoryBuffer::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    work_.notify_all();
    let_through();
}

std::size_t MemoryBuffer::size() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

std::size_t MemoryBuffer::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::size_t MemoryBuffer::clear() {
    const std::lock_guard lock(mutex_);
    slices_.clear();
    bytes_ = 0;
    return std::exchange(count_, 0);
}

}  // namespace heliograph::delivery
