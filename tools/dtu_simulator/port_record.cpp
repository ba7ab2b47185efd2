#include "tools/dtu_simulator/port_record.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace heliograph::dtu_simulator {
namespace {

// The vendor's note says 0x3C; real devices send 0x0C.
constexpr std::uint8_t kDataType = 0x0C;
constexpr std::uint8_t kConstantAfterLink = 0x07;

std::uint8_t hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') {
        return static_cast<std::uint8_t>(digit - '0');
    }
    if (digit >= 'A' && digit <= 'F') {
        return static_cast<std::uint8_t>(digit - 'A' + 10);
    }
    if (digit >= 'a' && digit <= 'f') {
        return static_cast<std::uint8_t>(digit - 'a' + 10);
    }
    throw std::invalid_argument("a serial has only hexadecimal digits");
}

template <class Integer>
Integer to_register(double value, double units_per_one) {
    const double scaled = std::round(value * units_per_one);
    return static_cast<Integer>(std::clamp(scaled, static_cast<double>(std::numeric_limits<Integer>::min()),
                                           static_cast<double>(std::numeric_limits<Integer>::max())));
}

void put16(PortRecord& record, std::size_t offset, std::uint16_t value) {
    record[offset] = static_cast<std::uint8_t>(value >> 8);
    record[offset + 1] = static_cast<std::uint8_t>(value & 0xFF);
}

}  // namespace

bool is_mi_serial(const std::string& serial) {
    return serial.starts_with("10");
}

std::array<std::uint8_t, 6> pack_serial(const std::string& serial) {
    if (serial.size() != 12) {
        throw std::invalid_argument("a serial has 12 hexadecimal digits, \"" + serial + "\" has not");
    }
    std::array<std::uint8_t, 6> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(hex_digit(serial[2 * i]) << 4 | hex_digit(serial[2 * i + 1]));
    }
    return bytes;
}

PortRecord encode_record(const PortReading& reading) {
    PortRecord record = end_of_list_record();
    const auto serial = pack_serial(reading.serial);
    std::copy(serial.begin(), serial.end(), record.begin() + 1);
    record[7] = reading.port;
    put16(record, 8, to_register<std::uint16_t>(reading.pv_voltage, 10));
    put16(record, 10,
          to_register<std::uint16_t>(reading.pv_current, is_mi_serial(reading.serial) ? 10 : 100));
    put16(record, 12, to_register<std::uint16_t>(reading.grid_voltage, 10));
    put16(record, 14, to_register<std::uint16_t>(reading.grid_frequency, 100));
    put16(record, 16, to_register<std::uint16_t>(reading.pv_power, 10));
    put16(record, 18, reading.today_energy);
    put16(record, 20, static_cast<std::uint16_t>(reading.lifetime_energy >> 16));
    put16(record, 22, static_cast<std::uint16_t>(reading.lifetime_energy & 0xFFFF));
    put16(record, 24, static_cast<std::uint16_t>(to_register<std::int16_t>(reading.temperature, 10)));
    put16(record, 26, reading.operating_status);
    put16(record, 28, reading.alarm_code);
    put16(record, 30, reading.alarm_count);
    record[32] = reading.linked ? 1 : 0;
    return record;
}

PortRecord end_of_list_record() {
    PortRecord record{};
    record[0] = kDataType;
    record[33] = kConstantAfterLink;
    return record;
}

}  // namespace heliograph::dtu_simulator
