/// The plant behind one simulated DTU, as a pure function of time: ask for any instant, in any order, and the
/// counters are always the integral of the power.
#pragma once

#include "tools/dtu_simulator/port_record.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heliograph::dtu_simulator {

/// A DTU reports at most this many ports (Hoymiles technical note on the Modbus map, V1.2).
constexpr std::size_t kMaximumPorts = 99;

/// What a plant is made of and the day that it lives through. Times of day are counted from local midnight.
struct PlantSettings {
    std::uint64_t seed = 1;     ///< The same seed and index give the same plant, byte for byte.
    std::size_t dtu_index = 0;  ///< Tells the DTUs of one process apart: serials and weather follow from it.
    std::size_t inverters = 2;  ///< inverters x ports is at most 99.
    std::size_t ports = 4;      ///< PV ports per inverter, 1 to 8.
    std::size_t mi_inverters = 0;     ///< The first so many inverters are of the MI family (0.1 A steps).
    double port_watts = 400;          ///< Rated power of one port's module; ports differ by a few percent.
    double ambient_temperature = 15;  ///< degrees Celsius at night
    std::chrono::seconds sunrise = std::chrono::hours(6);
    std::chrono::seconds sunset = std::chrono::hours(20);
    /// How long after sunset the inverters stay linked without power, as real ones do for some minutes.
    std::chrono::seconds dusk = std::chrono::minutes(10);
    /// When today's counters become 0. Counted from the midnight before sunrise: past 24 h is after the next
    /// midnight, and past the next sunrise means that only the morning wake-up clears them.
    std::chrono::seconds today_cleared = std::chrono::minutes(22 * 60 + 30);
    /// How often the DTU refreshes what it knows of its inverters; between refreshes it repeats the same
    /// reading.
    std::chrono::seconds refresh = std::chrono::seconds(1);
    std::chrono::seconds utc_offset = std::chrono::seconds(0);
    /// Lifetime counters start here, unix seconds (default 2023-01-01); at earlier times they are 0.
    std::int64_t installed_unix = 1'672'531'200;
};

/// What keeps a DTU from telling a port's true state.
struct Disturbance {
    /// The inverter has not been heard since this unix time in nanoseconds: counters stay as they were then.
    std::optional<std::int64_t> unheard_since = std::nullopt;
    /// Today's and lifetime counters read 0, as after a restart of the DTU at night.
    bool counters_zero = false;
    /// While an inverter is not heard its lifetime counter falls back to that of the morning.
    bool lifetime_from_morning = false;
};

/// Immutable after construction, so every member may be called from [any thread].
class Plant {
public:
    /// Throws std::invalid_argument with a sentence that names the setting at fault.
    explicit Plant(const PlantSettings& settings);

    [[nodiscard]] const PlantSettings& settings() const { return settings_; }
    [[nodiscard]] const std::string& dtu_serial() const { return dtu_serial_; }
    [[nodiscard]] std::size_t inverter_count() const { return settings_.inverters; }
    [[nodiscard]] std::size_t port_count() const { return ports_.size(); }
    [[nodiscard]] std::size_t inverter_of(std::size_t port) const { return port / settings_.ports; }

    /// What the DTU knows about port `port` (from 0 to port_count() - 1, ordered by inverter) at `unix_ns`.
    [[nodiscard]] PortReading reading(std::size_t port, std::int64_t unix_ns,
                                      const Disturbance& disturbance = {}) const;

private:
    // A weather cycle keeps lifetime counters cheap: whole cycles are multiplied, not summed.
    static constexpr std::size_t kWeatherDays = 16;
    static constexpr std::size_t kCloudWaves = 4;

    struct Weather {
        double clearness = 1;                     // the day's share of a clear day
        std::array<double, kCloudWaves> phase{};  // radians
    };
    struct Port {
        std::string serial;
        std::uint8_t number = 1;
        std::uint16_t alarm_count = 0;
        double watts = 0;
    };
    // A day begins at sunrise: `day` counts from the epoch, `second` from that day's midnight, beyond 86400
    // if need be.
    struct Moment {
        std::int64_t day = 0;
        double second = 0;
    };

    [[nodiscard]] Moment moment(std::int64_t unix_ns) const;
    [[nodiscard]] std::int64_t refreshed(std::int64_t unix_ns) const;
    [[nodiscard]] double daylight(const Moment& at) const;
    [[nodiscard]] const Weather& weather(std::int64_t day) const;
    [[nodiscard]] double sun(const Moment& at) const;
    [[nodiscard]] double sun_hours_of_day(const Weather& weather, double daylight) const;
    [[nodiscard]] double sun_hours(const Moment& at) const;
    [[nodiscard]] std::uint32_t lifetime(const Port& port, const Moment& at) const;
    void fill_electrical(PortReading& reading, const Port& port, const Moment& at,
                         std::int64_t unix_ns) const;
    void fill_counters(PortReading& reading, const Port& port, const Moment& now, const Moment& heard,
                       const Disturbance& disturbance) const;

    PlantSettings settings_;
    std::string dtu_serial_;
    std::vector<Port> ports_;
    std::int64_t installed_day_ = 0;
    std::array<Weather, kWeatherDays> weather_{};
    std::array<double, kWeatherDays + 1> sun_hours_before_{};  // of the days of one cycle
};

}  // namespace heliograph::dtu_simulator
