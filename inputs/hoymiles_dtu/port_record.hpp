// Turns the bytes of one port record, in either register map, into values with units.
#pragma once

#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace heliograph::hoymiles {

/// The two places where DTUs keep their port records.
enum class RegisterMap {
    /// 20 registers from 0x1000, one record every 40 addresses. What public Modbus clients use.
    byte_addressed,
    /// 19 registers from 0x4000, one record every 25 addresses. Newer firmware of the DTU-Pro-S.
    word_addressed,
};

/// One PV port as the DTU holds it. The values of the inverter (grid, temperature, status, alarms, link) are
/// repeated in the record of each of its ports.
struct PortRecord {
    std::uint8_t data_type = 0;  ///< 0x3C by the vendor's note, 0x0C in practice; says nothing
    SerialNumber serial;
    std::uint16_t port = 0;              ///< from 1
    double pv_voltage = 0;               ///< V
    double pv_current = 0;               ///< A
    double grid_voltage = 0;             ///< V
    double grid_frequency = 0;           ///< Hz
    double pv_power = 0;                 ///< W, DC side of this port
    std::uint16_t energy_today = 0;      ///< Wh
    std::uint32_t energy_total = 0;      ///< Wh
    double temperature = 0;              ///< degrees Celsius
    std::uint16_t operating_status = 0;  ///< 3 producing, 0 no data
    std::uint16_t alarm_code = 0;        ///< 0 none
    std::uint16_t alarm_count = 0;       ///< alarms so far; not "an alarm is active"
    std::uint16_t link_status = 0;       ///< 0 not linked

    friend bool operator==(const PortRecord&, const PortRecord&) = default;
};

/// The inverter was heard by radio and says something about itself: linked, and either a status or a grid
/// voltage.
bool is_online(const PortRecord& record);

/// Not linked, yet with power and voltage: the DTU repeats what it heard before the radio link was lost.
bool is_stale(const PortRecord& record);

constexpr std::uint16_t kDtuSerialAddress = 0x2000;
constexpr std::uint16_t kDtuSerialRegisters = 3;

/// Registers to read for one record.
std::uint16_t record_registers(RegisterMap map);

/// Bytes that a reply must have for one record.
std::size_t record_bytes(RegisterMap map);

/// Addresses from one record to the next as the map's documents have it; clones differ in the byte-addressed
/// map.
std::uint16_t default_stride(RegisterMap map);

/// Start address of record `index`, counted from 0.
std::uint16_t record_address(RegisterMap map, std::uint16_t stride, unsigned index);

/// Decodes a record from at least `record_bytes(map)` bytes; what follows is ignored. Nothing when the record
/// marks the end of the list: no serial number, port number 0, or, word-addressed, a data type other than 12.
/// Scales and offsets: the hoymiles_modbus client (byte-addressed), the hoymilesClient project
/// (word-addressed).
[[nodiscard]] std::optional<PortRecord> decode_record(RegisterMap map, std::span<const std::uint8_t> bytes);

}  // namespace heliograph::hoymiles
