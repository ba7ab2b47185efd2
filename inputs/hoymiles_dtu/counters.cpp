#include "inputs/hoymiles_dtu/counters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace heliograph::hoymiles {
namespace {

constexpr std::string_view kFormat = "heliograph hoymiles counters 1";

/// Counters may be off by this much, Wh.
constexpr std::uint32_t kSlack = 10;

/// The fields of a line, in this order; all decimal but the serial number.
enum Field : std::size_t {
    kSerial,
    kPort,
    kToday,
    kTotal,
    kTodayChanged,
    kTotalChanged,
    kSeen,
    kSeenDay,
    kResetDay,
    kWasOffline,
    kPowerOpen,
    kFieldCount,
};

template <class Integer>
bool parse_integer(std::string_view text, Integer& value) {
    const char* const end = text.data() + text.size();
    const auto [position, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && position == end;
}

bool parse_flag(std::string_view text, bool& value) {
    value = text == "1";
    return text == "0" || text == "1";
}

bool parse_time(std::string_view text, std::chrono::sys_seconds& value) {
    std::int64_t seconds = 0;
    // A time far off would overflow the differences that are made of it.
    constexpr std::int64_t limit = std::int64_t{1} << 40U;
    if (!parse_integer(text, seconds) || seconds < 0 || seconds > limit) {
        return false;
    }
    value = std::chrono::sys_seconds{std::chrono::seconds{seconds}};
    return true;
}

void append(std::string& text, std::int64_t value) {
    text += ' ';
    text += std::to_string(value);
}

}  // namespace

std::optional<PortCounters> Counters::update(const CounterReading& reading, const Moment& moment) {
    Port* port = find(reading.serial, reading.port);
    if (port == nullptr) {
        if (reading.total == 0 && !reading.online) {
            // A DTU that restarted at night has forgotten its counters: this 0 is not one.
            return std::nullopt;
        }
        Port first;
        first.serial = reading.serial;
        first.port = reading.port;
        first.total = reading.total;
        first.today = possible(0, reading.today, std::chrono::days{1}) ? reading.today : 0;
        first.today_changed = first.total_changed = moment.time;
        first.reset_day = moment.local_day;
        first.was_offline = !reading.online;
        first.seen = moment.time;
        first.seen_day = moment.local_day;
        insert(first);
        return PortCounters{first.serial, first.port, first.today, first.total};
    }
    port->seen = moment.time;
    if (port->seen_day != moment.local_day) {
        port->seen_day = moment.local_day;
        changed_ = true;
    }
    const std::uint32_t total_before = port->total;
    if (update_total(*port, reading, moment)) {
        update_today(*port, reading, moment, total_before);
    }
    if (!reading.online && !port->was_offline) {
        port->was_offline = true;
        changed_ = true;
    }
    return PortCounters{port->serial, port->port, port->today, port->total};
}

bool Counters::update_total(Port& port, const CounterReading& reading, const Moment& moment) {
    if (reading.total == port.total) {
        port.total_candidate = {};
        return true;
    }
    if (reading.total == 0) {
        return false;
    }
    const bool believable =
        port.total == 0 ||
        (reading.total > port.total && possible(port.total, reading.total, moment.time - port.total_changed));
    if (!believable && !(reading.online && confirmed(port.total_candidate, reading.total, moment))) {
        return false;
    }
    port.total = reading.total;
    port.total_changed = moment.time;
    port.total_candidate = {};
    changed_ = true;
    return true;
}

void Counters::update_today(Port& port, const CounterReading& reading, const Moment& moment,
                            std::uint32_t total_before) {
    const bool new_day = moment.local_day != port.reset_day;
    const bool came_back = reading.online && port.was_offline;
    const std::uint32_t total_growth = port.total > total_before ? port.total - total_before : 0;
    bool believable = true;
    if (reading.today < port.today) {
        believable = new_day || came_back;
    } else if (reading.today > port.today) {
        const std::uint32_t growth = reading.today - port.today;
        // What is heard of an inverter while it is offline was measured before; it cannot have produced
        // meanwhile.
        believable = reading.online ? possible(port.today, reading.today, moment.time - port.today_changed) ||
                                          growth <= total_growth ||
                                          confirmed(port.today_candidate, reading.today, moment)
                                    : growth <= total_growth;
    }
    if (!believable) {
        return;
    }
    port.today_candidate = {};
    bool reset_unseen = false;
    if (new_day && total_before > 0 && reading.today >= port.today) {
        // The last watt-hours of a day may reach the two counters at different times, hence the slack.
        const std::uint32_t today_growth = reading.today - port.today;
        reset_unseen = total_growth > today_growth && total_growth - today_growth > kSlack;
    }
    const bool reset = reset_unseen || reading.today < port.today || (new_day && reading.today == 0);
    if (reset) {
        port.reset_day = moment.local_day;
    }
    if (reading.online) {
        changed_ = changed_ || port.was_offline;
        port.was_offline = false;
    }
    if (reset || reading.today != port.today) {
        port.today = reading.today;
        port.today_changed = moment.time;
        changed_ = true;
    }
}

bool Counters::confirmed(Candidate& candidate, std::uint32_t value, const Moment& moment) const {
    const bool continues = candidate.readings > 0 && moment.time >= candidate.since &&
                           value >= candidate.value &&
                           possible(candidate.value, value, moment.time - candidate.since);
    if (!continues) {
        candidate = Candidate{value, 1, moment.time};
    } else {
        candidate.readings = std::min(candidate.readings + 1, settings_.confirmation_readings);
    }
    return candidate.readings >= settings_.confirmation_readings &&
           moment.time - candidate.since >= settings_.confirmation_time;
}

bool Counters::possible(std::uint32_t from, std::uint32_t to, std::chrono::seconds passed) const {
    constexpr double margin = 1.2;
    const double hours = std::chrono::duration<double, std::ratio<3600>>(std::max(passed, {})).count();
    return static_cast<double>(to) - static_cast<double>(from) <=
           settings_.rated_power * hours * margin + kSlack;
}

CounterSums Counters::sums(const Moment& moment) const {
    CounterSums sums;
    for (const Port& port : ports_) {
        if (port.seen_day == moment.local_day) {
            sums.today += port.today;
            ++sums.ports_today;
        }
        sums.total += port.total;
        ++sums.ports;
    }
    return sums;
}

bool Counters::power_open(SerialNumber serial, std::uint16_t port) const {
    return knows(serial, port) && ports_[position(serial, port)].power_open;
}

void Counters::set_power_open(SerialNumber serial, std::uint16_t port, bool open) {
    if (Port* found = find(serial, port); found != nullptr && found->power_open != open) {
        found->power_open = open;
        changed_ = true;
    }
}

std::size_t Counters::position(SerialNumber serial, std::uint16_t port) const {
    const auto found = std::partition_point(ports_.begin(), ports_.end(), [&](const Port& candidate) {
        return std::tuple{candidate.serial, candidate.port} < std::tuple{serial, port};
    });
    return static_cast<std::size_t>(found - ports_.begin());
}

bool Counters::knows(SerialNumber serial, std::uint16_t port) const {
    const std::size_t at = position(serial, port);
    return at < ports_.size() && ports_[at].serial == serial && ports_[at].port == port;
}

Counters::Port* Counters::find(SerialNumber serial, std::uint16_t port) {
    return knows(serial, port) ? &ports_[position(serial, port)] : nullptr;
}

void Counters::insert(const Port& port) {
    if (ports_.size() >= kMaximumPorts) {
        ports_.erase(std::min_element(ports_.begin(), ports_.end(), [](const Port& left, const Port& right) {
            return left.seen < right.seen;
        }));
    }
    ports_.insert(ports_.begin() + static_cast<std::ptrdiff_t>(position(port.serial, port.port)), port);
    changed_ = true;
}

std::string Counters::serialise() {
    std::string text{kFormat};
    text += '\n';
    for (const Port& port : ports_) {
        text += port.serial.text();
        append(text, port.port);
        append(text, port.today);
        append(text, port.total);
        append(text, port.today_changed.time_since_epoch().count());
        append(text, port.total_changed.time_since_epoch().count());
        append(text, port.seen.time_since_epoch().count());
        append(text, port.seen_day);
        append(text, port.reset_day);
        append(text, port.was_offline ? 1 : 0);
        append(text, port.power_open ? 1 : 0);
        text += '\n';
    }
    changed_ = false;
    return text;
}

std::optional<std::size_t> Counters::restore(std::string_view text) {
    if (text.substr(0, text.find('\n')) != kFormat) {
        return std::nullopt;
    }
    text.remove_prefix(std::min(text.size(), kFormat.size() + 1));
    std::size_t skipped = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        // A last line without its end was cut off and may have lost digits.
        const auto port = end == std::string_view::npos ? std::nullopt : parse_line(text.substr(0, end));
        if (port && !knows(port->serial, port->port) && ports_.size() < kMaximumPorts) {
            insert(*port);
        } else {
            ++skipped;
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    changed_ = skipped > 0;
    return skipped;
}

std::optional<Counters::Port> Counters::parse_line(std::string_view line) {
    std::array<std::string_view, kFieldCount> fields;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        const std::size_t end = line.find(' ');
        if ((end == std::string_view::npos) != (i + 1 == kFieldCount)) {
            return std::nullopt;
        }
        fields[i] = line.substr(0, end);
        line.remove_prefix(i + 1 == kFieldCount ? line.size() : end + 1);
    }
    Port port;
    const auto serial = SerialNumber::parse(fields[kSerial]);
    const bool understood =
        serial && !serial->is_zero() && parse_integer(fields[kPort], port.port) &&
        parse_integer(fields[kToday], port.today) && parse_integer(fields[kTotal], port.total) &&
        parse_time(fields[kTodayChanged], port.today_changed) &&
        parse_time(fields[kTotalChanged], port.total_changed) && parse_time(fields[kSeen], port.seen) &&
        parse_integer(fields[kSeenDay], port.seen_day) && parse_integer(fields[kResetDay], port.reset_day) &&
        parse_flag(fields[kWasOffline], port.was_offline) && parse_flag(fields[kPowerOpen], port.power_open);
    if (!understood) {
        return std::nullopt;
    }
    port.serial = *serial;
    return port;
}

}  // namespace heliograph::hoymiles
