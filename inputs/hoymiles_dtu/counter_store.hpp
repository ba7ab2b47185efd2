// Keeps the counters of all DTUs of a node and turns them into one text that outlives a restart.
#pragma once

#include "inputs/hoymiles_dtu/counters.hpp"
#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace heliograph::hoymiles {

/// Counters by the serial number of their DTU, so that a DTU keeps them when its address changes. Layout of
/// the text:
///
///     heliograph hoymiles state 1
///     dtu 11D361600831 179
///     heliograph hoymiles counters 1
///     116172200101 1 812 66654 1782036000 1782036000 1782036000 20625 20625 0 1
///
/// "dtu", serial number and the size in bytes of the counters that follow, then the next "dtu". A text that
/// is damaged is used up to the damage. No thread safety.
class CounterStore {
public:
    /// Holds the counters of at most `capacity` DTUs; beyond that those not asked for longest are forgotten,
    /// so that a DTU that invents serial numbers fills no memory.
    CounterStore(const CounterSettings& settings, std::size_t capacity)
        : settings_(settings), capacity_(capacity) {}

    /// The counters of one DTU, new ones if it was never seen. Valid until the next call.
    Counters& of(SerialNumber dtu);

    bool changed() const;
    std::string serialise();
    /// Adds what a text of serialise() holds. False when the text, or some of it, was not understood.
    bool restore(std::string_view text);

private:
    struct Entry {
        Counters counters;
        std::uint64_t used = 0;
    };

    CounterSettings settings_;
    std::size_t capacity_;
    std::uint64_t uses_ = 0;
    std::map<SerialNumber, Entry> entries_;
};

}  // namespace heliograph::hoymiles
