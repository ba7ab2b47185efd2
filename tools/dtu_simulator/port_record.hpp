/// What one PV port reports and how a DTU puts it into Modbus registers: the byte layout lives here and
/// nowhere else.
///
/// Layout as read by the public hoymiles_modbus client: 40 bytes, big-endian; see the table in README.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace heliograph::dtu_simulator {

constexpr std::size_t kRecordBytes = 40;
using PortRecord = std::array<std::uint8_t, kRecordBytes>;

/// One reading of one PV port. The inverter's own values (grid, temperature, status, link) repeat in each of
/// its ports.
struct PortReading {
    std::string serial = {};         ///< Inverter serial, 12 hexadecimal digits; "10..." marks the MI family.
    std::uint8_t port = 1;           ///< Counted from 1.
    double pv_voltage = 0;           ///< V
    double pv_current = 0;           ///< A
    double grid_voltage = 0;         ///< V
    double grid_frequency = 0;       ///< Hz
    double pv_power = 0;             ///< W, direct current
    std::uint16_t today_energy = 0;  ///< Wh
    std::uint32_t lifetime_energy = 0;   ///< Wh
    double temperature = 0;              ///< degrees Celsius
    std::uint16_t operating_status = 0;  ///< 3 = producing, 0 = not heard
    std::uint16_t alarm_code = 0;
    std::uint16_t alarm_count = 0;  ///< History counter, kept while the inverter is not heard.
    bool linked = false;

    friend bool operator==(const PortReading&, const PortReading&) = default;
};

/// True for serials of the MI family, whose current is counted in 0.1 A; all others count 0.01 A.
[[nodiscard]] bool is_mi_serial(const std::string& serial);

/// The six bytes of a serial of 12 hexadecimal digits. Throws std::invalid_argument for anything else.
[[nodiscard]] std::array<std::uint8_t, 6> pack_serial(const std::string& serial);

/// Rounds to the register's scale; values beyond a register's range are held at its end.
[[nodiscard]] PortRecord encode_record(const PortReading& reading);

/// The record after the last port: no serial, the two constants still in place.
[[nodiscard]] PortRecord end_of_list_record();

}  // namespace heliograph::dtu_simulator
