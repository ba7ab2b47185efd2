// Tells how often a key has come in a batch, so that no statement meets a row twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heliograph::sql {

/// Counts hashes of keys. Two keys of one hash are counted together, which does no harm: the later row goes
/// to a later round. Keeps its memory when it is cleared. [own strand]
class KeyCounter {
public:
    /// How often the hash has come before.
    [[nodiscard]] std::uint32_t count(std::uint64_t hash) {
        if (used_ * 2 >= slots_.size()) {
            grow();
        }
        Slot& slot = find(hash);
        if (slot.epoch != epoch_) {
            slot = {hash, epoch_, 0};
            ++used_;
        }
        return slot.seen++;
    }

    void clear() noexcept {
        used_ = 0;
        if (slots_.size() > kMostKept || ++epoch_ == 0) {
            slots_.clear();
            epoch_ = 1;
        }
    }

private:
    static constexpr std::size_t kFirst = 1'024;  // a power of two, as all sizes
    static constexpr std::size_t kMostKept = 1'048'576;

    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t epoch = 0;  // of a slot in use: the counter's
        std::uint32_t seen = 0;
    };

    [[nodiscard]] Slot& find(std::uint64_t hash) noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = static_cast<std::size_t>(hash) & mask;
        while (slots_[at].epoch == epoch_ && slots_[at].hash != hash) {
            at = (at + 1) & mask;
        }
        return slots_[at];
    }

    void grow() {
        std::vector<Slot> old(slots_.empty() ? kFirst : slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.epoch == epoch_) {
                find(slot.hash) = slot;
            }
        }
    }

    std::vector<Slot> slots_;
    std::size_t used_ = 0;
    std::uint32_t epoch_ = 1;
};

}  // namespace heliograph::sql
