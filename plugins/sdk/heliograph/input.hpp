// The contract of an input: asked to gather on its tick, or running on its own.
#pragma once

#include <heliograph/batch.hpp>
#include <heliograph/plugin_base.hpp>

#include <new>

namespace heliograph {

/// Where an input puts what it reads. Valid during the gather only; used from the gather's thread only.
class Accumulator {
public:
    explicit Accumulator(hg_accumulator& door) noexcept : door_(&door) {}

    /// The batch to append to. After flush it is another one, so ask again.
    [[nodiscard]] Batch batch() noexcept { return Batch(*door_->batch); }
    /// Shorthand for batch().add(...).
    MetricBuilder add(Name name, std::size_t tags = 4, std::size_t fields = 8) {
        return batch().add(name, tags, fields);
    }
    /// Hands over what has been appended so far, so that a long gather need not hold everything. Runs the
    /// processors and may wait for room where a buffer blocks.
    void flush() {
        switch (door_->flush(door_)) {
            case HG_OK:
                return;
            case HG_STOPPED:
                throw Stopped();
            default:
                throw std::bad_alloc();
        }
    }

private:
    hg_accumulator* door_;
};

/// Reads something and emits metrics. Optional static members of a derived class:
///   static constexpr bool kRuns = true;      gather is called once and returns when interrupted
///   static constexpr auto kDeclarations = std::to_array<hg_declaration>({...});   what it emits, with units
template <class OptionStruct>
class Input : public PluginBase<OptionStruct> {
public:
    /// Takes one reading. Metrics without a time get that of the gather, the same for all. What was appended
    /// before an exception is still delivered. Never overlaps itself. [own strand]
    virtual void gather(Accumulator& accumulator) = 0;
};

}  // namespace heliograph
