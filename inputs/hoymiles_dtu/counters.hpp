// Keeps the energy counters of a DTU's ports believable: they outlive nights, restarts and glitches of the
// DTU.
#pragma once

#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::hoymiles {

/// A moment as the rules need it: how much time passed, and which calendar day it is where the inverters
/// stand.
struct Moment {
    std::chrono::sys_seconds time;
    /// Days since 1970-01-01 in the site's local time.
    std::int32_t local_day = 0;

    friend bool operator==(const Moment&, const Moment&) = default;
};

struct CounterSettings {
    /// Power that one port can have, W. A counter that grows faster by a fifth is not believed.
    double rated_power = 1000;
    /// An unlikely value of an online inverter (smaller lifetime, impossible step) becomes true when this
    /// many readings in a row agree on it...
    unsigned confirmation_readings = 5;
    /// ... over at least this time.
    std::chrono::seconds confirmation_time{300};
};

/// What one reading says about one port.
struct CounterReading {
    SerialNumber serial;
    std::uint16_t port = 0;
    std::uint32_t today = 0;  ///< Wh
    std::uint32_t total = 0;  ///< Wh
    /// The inverter was heard by radio; only then may a counter get smaller.
    bool online = false;
};

/// What is believed about one port.
struct PortCounters {
    SerialNumber serial;
    std::uint16_t port = 0;
    std::uint32_t today = 0;  ///< Wh
    std::uint32_t total = 0;  ///< Wh

    friend bool operator==(const PortCounters&, const PortCounters&) = default;
};

struct CounterSums {
    std::int64_t today = 0;  ///< Wh
    std::int64_t total = 0;  ///< Wh
    std::size_t ports = 0;
    std::size_t ports_today = 0;  ///< of them, listed on this local day
};

/// The counters of the ports of one DTU.
///
/// Lifetime: grows, and never becomes 0 again. A smaller value is ignored while the inverter is offline and
/// has to be confirmed while it is online. A step beyond what the rated power allows since the last change
/// needs the same confirmation, so that a wrong memory cannot last for ever.
///
/// Today: grows within what the rated power allows. A drop is a reset when the local day changed since the
/// last reset, or when the inverter comes back from having been offline; any other drop is ignored. A
/// lifetime that grew clearly more than today over a change of day shows that the reset of the new day has
/// been.
///
/// Why: DTUs send zeros after a restart, the morning's lifetime at night, and half-filled records at dawn.
///
/// Time is an argument. No thread safety.
class Counters {
public:
    explicit Counters(const CounterSettings& settings = {}) : settings_(settings) {}

    /// Takes one port's reading. Returns what is believed now, or nothing as long as the port never had a
    /// counter.
    std::optional<PortCounters> update(const CounterReading& reading, const Moment& moment);

    /// Whether this port ever had a counter.
    bool knows(SerialNumber serial, std::uint16_t port) const;

    /// Sums over all ports ever seen. A port that was not listed on this local day has no energy today.
    CounterSums sums(const Moment& moment) const;

    /// Whether a non-zero power of this port may still stand in somebody's chart.
    bool power_open(SerialNumber serial, std::uint16_t port) const;
    void set_power_open(SerialNumber serial, std::uint16_t port, bool open);

    /// Whether anything worth keeping changed since the last serialise().
    bool changed() const { return changed_; }

    /// A versioned text, one line per port.
    std::string serialise();

    /// Takes over a text of serialise(). Lines that are not understood are skipped; returns how many. A text
    /// of another version or kind is not used at all: nothing is returned then.
    std::optional<std::size_t> restore(std::string_view text);

private:
    /// A value that waits to be believed.
    struct Candidate {
        std::uint32_t value = 0;
        unsigned readings = 0;
        std::chrono::sys_seconds since;
    };
    struct Port {
        SerialNumber serial;
        std::uint16_t port = 0;
        std::uint32_t today = 0;
        std::uint32_t total = 0;
        std::chrono::sys_seconds today_changed;
        std::chrono::sys_seconds total_changed;
        std::chrono::sys_seconds seen;
        std::int32_t seen_day = 0;
        /// The local day of the last reset of `today`.
        std::int32_t reset_day = 0;
        /// Offline at some time since `today` was last believed.
        bool was_offline = false;
        bool power_open = false;
        Candidate today_candidate;
        Candidate total_candidate;
    };

    /// More ports than any DTU has, so that a DTU that invents serial numbers cannot fill the memory.
    static constexpr std::size_t kMaximumPorts = 512;

    std::size_t position(SerialNumber serial, std::uint16_t port) const;
    Port* find(SerialNumber serial, std::uint16_t port);
    void insert(const Port& port);
    bool update_total(Port& port, const CounterReading& reading, const Moment& moment);
    void update_today(Port& port, const CounterReading& reading, const Moment& moment,
                      std::uint32_t total_before);
    bool confirmed(Candidate& candidate, std::uint32_t value, const Moment& moment) const;
    bool possible(std::uint32_t from, std::uint32_t to, std::chrono::seconds passed) const;
    static std::optional<Port> parse_line(std::string_view line);

    CounterSettings settings_;
    std::vector<Port> ports_;  // sorted by serial and port
    bool changed_ = false;
};

}  // namespace heliograph::hoymiles
