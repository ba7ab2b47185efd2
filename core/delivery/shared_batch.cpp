#include "core/delivery/shared_batch.hpp"

#include <cstring>
#include <new>

namespace heliograph::delivery {
namespace {

template <class Record>
Record* copy_array(hg_arena& arena, const Record* records, std::size_t count) {
    if (count == 0) {
        return nullptr;
    }
    auto* copy = arena_array<Record>(arena, count);
    std::memcpy(copy, records, count * sizeof(Record));
    return copy;
}

/// Appends a record with arrays of its own; its text stays where it is.
void append_shallow(hg_batch& to, const hg_metric& metric) {
    hg_metric& copy = to.metrics[to.count++];
    copy = metric;
    copy.tags = copy_array(*to.arena, metric.tags, metric.tag_count);
    copy.fields = copy_array(*to.arena, metric.fields, metric.field_count);
}

}  // namespace

void SharedBatch::keep_alive(const BatchRef& other) {
    BatchRef share = other;
    void* raw = share.release_raw();
    const auto release = [](void* it) { static_cast<void>(BatchRef::adopt_raw(it)); };
    if (owned_.arena().adopt(raw, release) != HG_OK) {
        release(raw);
        throw std::bad_alloc();
    }
    kept_alive_bytes_ += other.footprint();
}

void BatchRef::release() noexcept {
    if (batch_ == nullptr) {
        return;
    }
    SharedBatch* batch = std::exchange(batch_, nullptr);
    if (batch->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        // The pool must outlive the call that frees the batch which holds it.
        const std::shared_ptr<BatchPool> pool = std::move(batch->pool_);
        pool->give_back(batch);
    }
}

BatchPool::~BatchPool() {
    for (SharedBatch* batch : free_) {
        delete batch;
    }
}

BatchRef BatchPool::acquire() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            SharedBatch* batch = free_.back();
            free_.pop_back();
            batch->pool_ = shared_from_this();
            batch->holders_.store(1, std::memory_order_relaxed);
            return BatchRef(batch);
        }
    }
    return BatchRef(new SharedBatch(shared_from_this()));
}

void BatchPool::give_back(SharedBatch* batch) noexcept {
    // Emptying may let go of another batch of this pool, so it happens outside of the lock.
    batch->owned().reset();
    batch->kept_alive_bytes_ = 0;
    if (batch->owned().footprint() <= kLargestKept) {
        const std::lock_guard lock(mutex_);
        if (free_.size() < kKept) {
            free_.push_back(batch);
            return;
        }
    }
    delete batch;
}

void make_exclusive(BatchRef& batch, BatchPool& pool) {
    if (batch.is_sole_holder()) {
        return;
    }
    BatchRef copy = pool.acquire();
    hg_batch& door = copy.exclusive().door();
    copy.exclusive().batch().reserve(batch.size());
    for (const hg_metric& metric : batch.metrics().records()) {
        append_shallow(door, metric);
    }
    copy.keep_alive(batch);
    batch = std::move(copy);
}

BatchRef select(const BatchRef& batch, const std::vector<bool>& keep, BatchPool& pool) {
    BatchRef copy = pool.acquire();
    hg_batch& door = copy.exclusive().door();
    copy.exclusive().batch().reserve(batch.size());
    const auto records = batch.metrics().records();
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (keep[i]) {
            append_shallow(door, records[i]);
        }
    }
    copy.keep_alive(batch);
    return copy;
}

}  // namespace heliograph::delivery
