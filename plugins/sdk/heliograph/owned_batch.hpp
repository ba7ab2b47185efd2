// A batch with memory of its own: what the host passes around, what a processor keeps, what a test builds.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/arena.hpp>
#include <heliograph/batch.hpp>

#include <new>

namespace heliograph {

/// Owns its records and its arena. Pinned in place, since the door's structs point into it. Not thread-safe.
class OwnedBatch {
public:
    OwnedBatch() noexcept {
        door_.size = sizeof(hg_batch);
        door_.arena = &arena_.door();
        door_.reserve = [](hg_batch* door, std::size_t capacity) noexcept {
            return reinterpret_cast<OwnedBatch*>(door)->reserve(capacity);
        };
    }
    OwnedBatch(const OwnedBatch&) = delete;
    OwnedBatch& operator=(const OwnedBatch&) = delete;
    ~OwnedBatch() { ::operator delete(door_.metrics); }

    [[nodiscard]] Batch batch() noexcept { return Batch(door_); }
    [[nodiscard]] hg_batch& door() noexcept { return door_; }
    [[nodiscard]] const hg_batch& door() const noexcept { return door_; }
    [[nodiscard]] MetricSpan metrics() const noexcept { return {door_.metrics, door_.count}; }
    [[nodiscard]] std::size_t size() const noexcept { return door_.count; }
    [[nodiscard]] Arena& arena() noexcept { return arena_; }

    /// Bytes held by records and arena.
    [[nodiscard]] std::size_t footprint() const noexcept {
        return door_.capacity * sizeof(hg_metric) + arena_.capacity();
    }

    /// Empties the batch; memory stays for reuse.
    void reset() noexcept {
        arena_.reset();
        door_.count = 0;
        reset_counts();
    }
    void reset_counts() noexcept { door_.added = door_.filtered = door_.held = door_.released = 0; }

private:
    std::int32_t reserve(std::size_t capacity) noexcept {
        if (capacity <= door_.capacity) {
            return HG_OK;
        }
        auto* moved = static_cast<hg_metric*>(::operator new(capacity * sizeof(hg_metric), std::nothrow));
        if (moved == nullptr) {
            return HG_OUT_OF_MEMORY;
        }
        if (door_.count != 0) {
            std::memcpy(moved, door_.metrics, door_.count * sizeof(hg_metric));
        }
        ::operator delete(door_.metrics);
        door_.metrics = moved;
        door_.capacity = capacity;
        return HG_OK;
    }

    // First member of a standard-layout class, so that the door's address is the batch's.
    hg_batch door_{};
    Arena arena_;
};

}  // namespace heliograph
