#include "tools/dtu_simulator/plant.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace heliograph::dtu_simulator {
namespace {

using std::numbers::pi;

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// Clouds are waves over the daylight hours: so many per day, and how much of the power each one takes and
// gives. Their amplitudes sum to 0.29, so power is never negative, and kClearDay keeps the brightest moment
// within the rating.
constexpr std::array<double, 4> kCloudWavesPerDay{3, 11, 37, 151};
constexpr std::array<double, 4> kCloudDepth{0.12, 0.08, 0.05, 0.04};
constexpr double kClearDay = 0.77;

enum class Draw : std::uint64_t {
    serial = 1,
    watts,
    alarms,
    clearness,
    phase,
    pv,
    grid,
    frequency,
    temperature
};

// The finaliser of splitmix64 (Steele, Lea, Flood, 2014): enough to make independent-looking draws from plain
// counters.
constexpr std::uint64_t mix(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15U;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
}

std::uint64_t draw(const PlantSettings& settings, Draw what, std::uint64_t which, std::uint64_t when = 0) {
    std::uint64_t value = mix(settings.seed);
    for (const std::uint64_t part : {settings.dtu_index, static_cast<std::size_t>(what)}) {
        value = mix(value ^ part);
    }
    return mix(mix(value ^ which) ^ when);
}

double to_unit(std::uint64_t value) {
    return static_cast<double>(value >> 11) * 0x1.0p-53;
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
    const std::int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

double round_to_tenths(double value) {
    return std::round(value * 10) / 10;
}

const char* serial_prefix(std::size_t ports, bool mi) {
    if (ports == 1) {
        return mi ? "1021" : "1121";
    }
    if (ports == 2) {
        return mi ? "1041" : "1141";
    }
    if (ports <= 4) {
        return mi ? "1061" : "1161";
    }
    return mi ? "1061" : "1382";
}

std::string numbered_serial(const char* prefix, std::uint64_t plant, std::size_t unit) {
    char text[16];
    std::snprintf(text, sizeof text, "%.4s%06u%02u", prefix, static_cast<unsigned>(plant % 1'000'000),
                  static_cast<unsigned>(unit % 100));
    return text;
}

void check(bool holds, const char* sentence) {
    if (!holds) {
        throw std::invalid_argument(sentence);
    }
}

void check(const PlantSettings& settings) {
    check(settings.inverters >= 1, "a simulated plant needs at least one inverter");
    check(settings.ports >= 1 && settings.ports <= 8, "an inverter has 1 to 8 ports");
    check(settings.inverters <= kMaximumPorts / settings.ports,
          "a DTU reports at most 99 ports: choose fewer inverters or fewer ports per inverter");
    check(settings.mi_inverters <= settings.inverters, "there cannot be more MI inverters than inverters");
    check(settings.port_watts > 0, "the rated power of a port must be above 0 W");
    check(settings.sunrise.count() >= 0 && settings.sunrise < settings.sunset,
          "sunrise must come before sunset");
    check(settings.sunset + settings.dusk < settings.sunrise + std::chrono::seconds(kSecondsPerDay),
          "dusk must end before the next sunrise");
    check(settings.dusk.count() >= 0, "dusk cannot end before sunset");
    check(settings.refresh.count() >= 1, "the refresh period must be at least one second");
}

}  // namespace

Plant::Plant(const PlantSettings& settings) : settings_(settings) {
    check(settings_);

    PlantSettings first = settings_;
    first.dtu_index = 0;
    const std::uint64_t plant_number = draw(first, Draw::serial, 0) % 1'000'000 + settings_.dtu_index;
    dtu_serial_ = numbered_serial("10F7", plant_number, 0);
    ports_.reserve(settings_.inverters * settings_.ports);
    for (std::size_t inverter = 0; inverter < settings_.inverters; ++inverter) {
        const char* prefix = serial_prefix(settings_.ports, inverter < settings_.mi_inverters);
        const auto alarms = static_cast<std::uint16_t>(draw(settings_, Draw::alarms, inverter) % 6);
        for (std::size_t number = 1; number <= settings_.ports; ++number) {
            const double spread = to_unit(draw(settings_, Draw::watts, ports_.size()));
            ports_.push_back({numbered_serial(prefix, plant_number, inverter + 1),
                              static_cast<std::uint8_t>(number), alarms,
                              settings_.port_watts * (0.94 + 0.06 * spread)});
        }
    }

    for (std::size_t day = 0; day < kWeatherDays; ++day) {
        weather_[day].clearness = 0.45 + 0.55 * to_unit(draw(settings_, Draw::clearness, day));
        for (std::size_t wave = 0; wave < kCloudWaves; ++wave) {
            weather_[day].phase[wave] = 2 * pi * to_unit(draw(settings_, Draw::phase, day, wave));
        }
        sun_hours_before_[day + 1] = sun_hours_before_[day] + sun_hours_of_day(weather_[day], 1);
    }
    installed_day_ = moment(settings_.installed_unix * kNanosecondsPerSecond).day;
}

PortReading Plant::reading(std::size_t port, std::int64_t unix_ns, const Disturbance& disturbance) const {
    const Port& asked = ports_.at(port);
    const std::int64_t now_ns = refreshed(unix_ns);
    const Moment now = moment(now_ns);
    const bool asleep = now.second >= static_cast<double>((settings_.sunset + settings_.dusk).count());

    PortReading reading;
    reading.serial = asked.serial;
    reading.port = asked.number;
    reading.alarm_count = asked.alarm_count;
    reading.linked = !asleep && !disturbance.unheard_since;
    if (reading.linked) {
        fill_electrical(reading, asked, now, now_ns);
    }
    const std::int64_t heard_ns = std::min(now_ns, refreshed(disturbance.unheard_since.value_or(unix_ns)));
    fill_counters(reading, asked, now, moment(heard_ns), disturbance);
    return reading;
}

Plant::Moment Plant::moment(std::int64_t unix_ns) const {
    const std::int64_t second = floor_divide(unix_ns, kNanosecondsPerSecond);
    const std::int64_t local = second + settings_.utc_offset.count();
    Moment result;
    result.day = floor_divide(local - settings_.sunrise.count(), kSecondsPerDay);
    result.second = static_cast<double>(local - result.day * kSecondsPerDay) +
                    static_cast<double>(unix_ns - second * kNanosecondsPerSecond) * 1e-9;
    return result;
}

std::int64_t Plant::refreshed(std::int64_t unix_ns) const {
    const std::int64_t period = settings_.refresh.count() * kNanosecondsPerSecond;
    return floor_divide(unix_ns, period) * period;
}

/// The share of the daylight hours that has passed, 0 at sunrise and 1 from sunset on.
double Plant::daylight(const Moment& at) const {
    const auto sunrise = static_cast<double>(settings_.sunrise.count());
    const auto sunset = static_cast<double>(settings_.sunset.count());
    return std::clamp((at.second - sunrise) / (sunset - sunrise), 0.0, 1.0);
}

const Plant::Weather& Plant::weather(std::int64_t day) const {
    constexpr auto kCycle = static_cast<std::int64_t>(kWeatherDays);
    const std::int64_t since = day - installed_day_;
    return weather_[static_cast<std::size_t>(since - floor_divide(since, kCycle) * kCycle)];
}

/// The share of a port's rated power that the sun gives now.
double Plant::sun(const Moment& at) const {
    const double share = daylight(at);
    if (share >= 1) {
        return 0;
    }
    const Weather& today = weather(at.day);
    double clouds = 1;
    for (std::size_t wave = 0; wave < kCloudWaves; ++wave) {
        clouds += kCloudDepth[wave] * std::sin(2 * pi * kCloudWavesPerDay[wave] * share + today.phase[wave]);
    }
    return kClearDay * today.clearness * std::sin(pi * share) * clouds;
}

/// The integral of sun() from sunrise on, in hours at rated power. Sine times sine has a closed integral,
/// which is why the clouds are waves.
double Plant::sun_hours_of_day(const Weather& weather, double daylight) const {
    double integral = (1 - std::cos(pi * daylight)) / pi;
    for (std::size_t wave = 0; wave < kCloudWaves; ++wave) {
        const double slower = pi * (2 * kCloudWavesPerDay[wave] - 1);
        const double faster = pi * (2 * kCloudWavesPerDay[wave] + 1);
        const double phase = weather.phase[wave];
        integral += kCloudDepth[wave] / 2 *
                    ((std::sin(slower * daylight + phase) - std::sin(phase)) / slower -
                     (std::sin(faster * daylight + phase) - std::sin(phase)) / faster);
    }
    const double hours = static_cast<double>((settings_.sunset - settings_.sunrise).count()) / 3600;
    return kClearDay * weather.clearness * hours * integral;
}

double Plant::sun_hours(const Moment& at) const {
    constexpr auto kCycle = static_cast<std::int64_t>(kWeatherDays);
    const std::int64_t since = at.day - installed_day_;
    const std::int64_t cycles = floor_divide(since, kCycle);
    return static_cast<double>(cycles) * sun_hours_before_[kWeatherDays] +
           sun_hours_before_[static_cast<std::size_t>(since - cycles * kCycle)] +
           sun_hours_of_day(weather(at.day), daylight(at));
}

std::uint32_t Plant::lifetime(const Port& port, const Moment& at) const {
    const double energy = std::floor(port.watts * sun_hours(at));
    return static_cast<std::uint32_t>(
        std::clamp(energy, 0.0, static_cast<double>(std::numeric_limits<std::uint32_t>::max())));
}

void Plant::fill_electrical(PortReading& reading, const Port& port, const Moment& at,
                            std::int64_t unix_ns) const {
    const auto when = static_cast<std::uint64_t>(unix_ns);
    const auto place = static_cast<std::uint64_t>(&port - ports_.data());
    const std::uint64_t inverter = place / settings_.ports;
    const auto noise = [&](Draw what, std::uint64_t which) {
        return 2 * to_unit(draw(settings_, what, which, when)) - 1;
    };

    const double light = sun(at);
    // A module is near its operating voltage in very little light, and sinks to half of it without.
    reading.pv_voltage =
        round_to_tenths(17 + 17 * std::min(1.0, light * 20) + 1.5 * light + 0.3 * noise(Draw::pv, place));
    reading.pv_power = round_to_tenths(port.watts * light);
    const double steps_per_ampere = is_mi_serial(port.serial) ? 10 : 100;
    reading.pv_current =
        std::round(reading.pv_power / reading.pv_voltage * steps_per_ampere) / steps_per_ampere;
    reading.grid_voltage = round_to_tenths(230 + 2.5 * std::sin(at.second / 1700) + 3 * light +
                                           0.6 * noise(Draw::grid, inverter));
    reading.grid_frequency =
        std::round((50 + 0.015 * std::sin(at.second / 97) + 0.01 * noise(Draw::frequency, 0)) * 100) / 100;
    reading.temperature = round_to_tenths(settings_.ambient_temperature + 8 * daylight(at) + 26 * light +
                                          0.2 * noise(Draw::temperature, inverter));
    reading.operating_status = 3;
}

void Plant::fill_counters(PortReading& reading, const Port& port, const Moment& now, const Moment& heard,
                          const Disturbance& disturbance) const {
    if (disturbance.counters_zero) {
        return;
    }
    const Moment wake_up{heard.day, static_cast<double>(settings_.sunrise.count())};
    const std::uint32_t morning = lifetime(port, wake_up);
    const std::uint32_t counted = lifetime(port, heard);
    const bool cleared =
        heard.day != now.day || now.second >= static_cast<double>(settings_.today_cleared.count());
    reading.today_energy = cleared ? std::uint16_t{0} : static_cast<std::uint16_t>(counted - morning);
    reading.lifetime_energy = !reading.linked && disturbance.lifetime_from_morning ? morning : counted;
}

}  // namespace heliograph::dtu_simulator
