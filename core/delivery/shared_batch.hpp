// A batch with several readers: shared without copying, copied by whoever changes it.
#pragma once

#include <heliograph/owned_batch.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace heliograph::delivery {

class BatchPool;
class BatchRef;

/// A batch and the number of those who hold it. Only a sole holder may change it.
class SharedBatch {
public:
    SharedBatch(const SharedBatch&) = delete;
    SharedBatch& operator=(const SharedBatch&) = delete;

    [[nodiscard]] OwnedBatch& owned() noexcept { return owned_; }
    [[nodiscard]] const OwnedBatch& owned() const noexcept { return owned_; }
    /// Bytes of memory that the batch holds, and those of the batches that it keeps alive.
    [[nodiscard]] std::size_t footprint() const noexcept { return owned_.footprint() + kept_alive_bytes_; }

    /// Keeps another batch alive, in which text of this one lies. Throws std::bad_alloc.
    void keep_alive(const BatchRef& other);

private:
    friend class BatchRef;
    friend class BatchPool;
    explicit SharedBatch(std::shared_ptr<BatchPool> pool) noexcept : pool_(std::move(pool)) {}
    ~SharedBatch() = default;

    OwnedBatch owned_;
    std::size_t kept_alive_bytes_ = 0;
    std::atomic<std::size_t> holders_{1};
    std::shared_ptr<BatchPool> pool_;  // where it returns to; a batch may outlive the node that made it
};

/// Holds a share of a batch. Copying shares, the last holder gives the batch back to its pool. [any thread]
/// for different holders of one batch.
class BatchRef {
public:
    BatchRef() noexcept = default;
    BatchRef(const BatchRef& other) noexcept : batch_(other.batch_) {
        if (batch_ != nullptr) {
            batch_->holders_.fetch_add(1, std::memory_order_relaxed);
        }
    }
    BatchRef(BatchRef&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
    BatchRef& operator=(BatchRef other) noexcept {
        std::swap(batch_, other.batch_);
        return *this;
    }
    ~BatchRef() { release(); }

    explicit operator bool() const noexcept { return batch_ != nullptr; }
    /// Whether both hold the same batch, or none.
    friend bool operator==(const BatchRef&, const BatchRef&) = default;
    [[nodiscard]] MetricSpan metrics() const noexcept { return batch_->owned().metrics(); }
    [[nodiscard]] std::size_t size() const noexcept { return batch_->owned().size(); }
    /// Bytes of memory that the batch holds or keeps alive. Where several batches keep one alive, each counts
    /// it.
    [[nodiscard]] std::size_t footprint() const noexcept { return batch_->footprint(); }
    /// Whether nobody else holds the batch, so that it may be changed.
    [[nodiscard]] bool is_sole_holder() const noexcept {
        return batch_->holders_.load(std::memory_order_acquire) == 1;
    }
    /// Keeps another batch alive as long as this one. Only for a sole holder.
    void keep_alive(const BatchRef& other) { batch_->keep_alive(other); }
    /// The batch to change. Only for a sole holder; see make_exclusive.
    [[nodiscard]] OwnedBatch& exclusive() noexcept { return batch_->owned(); }

    /// Gives up the share and hands it out as a plain pointer; adopt_raw takes it back.
    [[nodiscard]] void* release_raw() noexcept { return std::exchange(batch_, nullptr); }
    [[nodiscard]] static BatchRef adopt_raw(void* raw) noexcept {
        return BatchRef(static_cast<SharedBatch*>(raw));
    }

private:
    friend class BatchPool;
    explicit BatchRef(SharedBatch* batch) noexcept : batch_(batch) {}
    void release() noexcept;

    SharedBatch* batch_ = nullptr;
};

/// Keeps a few emptied batches, with their memory, for reuse, so that a warm pipeline allocates nothing. [any
/// thread]
class BatchPool : public std::enable_shared_from_this<BatchPool> {
public:
    static constexpr std::size_t kKept = 8;
    /// A batch with more memory than this is freed rather than kept.
    static constexpr std::size_t kLargestKept = std::size_t{2} << 20;

    /// Pools are shared with the batches that they gave out.
    [[nodiscard]] static std::shared_ptr<BatchPool> make() {
        return std::shared_ptr<BatchPool>(new BatchPool());
    }
    ~BatchPool();

    [[nodiscard]] BatchRef acquire();

private:
    friend class BatchRef;
    BatchPool() { free_.reserve(kKept); }
    void give_back(SharedBatch* batch) noexcept;

    std::mutex mutex_;
    std::vector<SharedBatch*> free_;
};

/// Makes sure that the batch may be changed: unchanged when this is its only holder, else a copy of the
/// records whose text still lies in the original, which the copy keeps alive.
void make_exclusive(BatchRef& batch, BatchPool& pool);

/// A batch of the records for which keep[i] is true, sharing their text with the original.
[[nodiscard]] BatchRef select(const BatchRef& batch, const std::vector<bool>& keep, BatchPool& pool);

}  // namespace heliograph::delivery
