#include "inputs/hoymiles_dtu/port_record.hpp"

namespace heliograph::hoymiles {
namespace {

constexpr std::size_t kByteAddressedLength = 40;
constexpr std::size_t kWordAddressedLength = 38;
constexpr std::uint16_t kWordRecordPresent = 12;

std::uint16_t u16(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return static_cast<std::uint16_t>((bytes[offset] << 8U) | bytes[offset + 1]);
}

std::uint32_t u32(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return (static_cast<std::uint32_t>(u16(bytes, offset)) << 16U) | u16(bytes, offset + 2);
}

// Dividing an integer by 10 or 100 gives the double nearest to the decimal value, which multiplying by 0.1
// does not.
double tenths(std::int32_t raw) {
    return raw / 10.0;
}
double hundredths(std::int32_t raw) {
    return raw / 100.0;
}

double current(SerialNumber serial, std::uint16_t raw) {
    return serial.is_mi() ? tenths(raw) : hundredths(raw);
}

double temperature(std::uint16_t raw) {
    return tenths(static_cast<std::int16_t>(raw));
}

PortRecord decode_byte_addressed(std::span<const std::uint8_t> bytes) {
    const auto serial = SerialNumber::from_bytes(bytes.subspan<1, SerialNumber::kBytes>());
    PortRecord record;
    record.data_type = bytes[0];
    record.serial = serial;
    record.port = bytes[7];
    record.pv_voltage = tenths(u16(bytes, 8));
    record.pv_current = current(serial, u16(bytes, 10));
    record.grid_voltage = tenths(u16(bytes, 12));
    record.grid_frequency = hundredths(u16(bytes, 14));
    record.pv_power = tenths(u16(bytes, 16));
    record.energy_today = u16(bytes, 18);
    record.energy_total = u32(bytes, 20);
    record.temperature = temperature(u16(bytes, 24));
    record.operating_status = u16(bytes, 26);
    record.alarm_code = u16(bytes, 28);
    record.alarm_count = u16(bytes, 30);
    record.link_status = bytes[32];
    return record;
}

PortRecord decode_word_addressed(std::span<const std::uint8_t> bytes) {
    const auto serial = SerialNumber::from_bytes(bytes.subspan<2, SerialNumber::kBytes>());
    PortRecord record;
    record.data_type = bytes[1];
    record.serial = serial;
    record.port = u16(bytes, 8);
    record.pv_voltage = tenths(u16(bytes, 10));
    record.pv_current = current(serial, u16(bytes, 12));
    record.grid_voltage = tenths(u16(bytes, 14));
    record.grid_frequency = hundredths(u16(bytes, 16));
    record.pv_power = tenths(u16(bytes, 18));
    record.energy_today = u16(bytes, 20);
    record.energy_total = u32(bytes, 22);
    record.temperature = temperature(u16(bytes, 26));
    record.operating_status = u16(bytes, 28);
    record.alarm_code = u16(bytes, 30);
    record.alarm_count = u16(bytes, 32);
    record.link_status = u16(bytes, 34);
    return record;
}

}  // namespace

bool is_online(const PortRecord& record) {
    return record.link_status != 0 && (record.operating_status != 0 || record.grid_voltage > 0);
}

bool is_stale(const PortRecord& record) {
    return record.link_status == 0 && record.pv_power > 0 && record.pv_voltage > 0;
}

std::uint16_t record_registers(RegisterMap map) {
    return static_cast<std::uint16_t>(record_bytes(map) / 2);
}

std::size_t record_bytes(RegisterMap map) {
    return map == RegisterMap::byte_addressed ? kByteAddressedLength : kWordAddressedLength;
}

std::uint16_t default_stride(RegisterMap map) {
    return map == RegisterMap::byte_addressed ? 40 : 25;
}

std::uint16_t record_address(RegisterMap map, std::uint16_t stride, unsigned index) {
    const unsigned base = map == RegisterMap::byte_addressed ? 0x1000 : 0x4000;
    return static_cast<std::uint16_t>(base + stride * index);
}

std::optional<PortRecord> decode_record(RegisterMap map, std::span<const std::uint8_t> bytes) {
    if (bytes.size() < record_bytes(map)) {
        return std::nullopt;
    }
    if (map == RegisterMap::word_addressed && u16(bytes, 0) != kWordRecordPresent) {
        return std::nullopt;
    }
    const PortRecord record =
        map == RegisterMap::byte_addressed ? decode_byte_addressed(bytes) : decode_word_addressed(bytes);
    if (record.serial.is_zero() || record.port == 0) {
        return std::nullopt;
    }
    return record;
}

}  // namespace heliograph::hoymiles
