#include "core/delivery/buffer.hpp"

#include <algorithm>
#include <utility>

namespace heliograph::delivery {

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

}  // namespace heliograph::delivery
