#include "tools/dtu_simulator/port_record.hpp"

#include "tests/unit/tools/dtu_simulator/hex.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace heliograph::dtu_simulator {
namespace {

// Values and bytes of the record that the hoymiles_modbus project uses in its own tests.
PortReading published_reading(const std::string& serial, double current) {
    return {.serial = serial,
            .port = 1,
            .pv_voltage = 35.0,
            .pv_current = current,
            .grid_voltage = 238.1,
            .grid_frequency = 50.0,
            .pv_power = 10.2,
            .today_energy = 751,
            .lifetime_energy = 74'823,
            .temperature = 4.3,
            .operating_status = 3,
            .linked = true};
}

TEST_CASE("A reading becomes the bytes that a real DTU sends", "[unit][dtu_simulator]") {
    CHECK(to_hex(encode_record(published_reading("113332416355", 0.02))) ==
          "0c11333241635501015e0002094d1388006602ef00012447002b0003000000000107000000000000");
    CHECK(to_hex(encode_record(published_reading("103332416355", 0.2))) ==
          "0c10333241635501015e0002094d1388006602ef00012447002b0003000000000107000000000000");
}

TEST_CASE("A temperature below zero is a negative register", "[unit][dtu_simulator]") {
    PortReading reading = published_reading("116172200101", 1.18);
    reading.temperature = -7.3;
    const PortRecord record = encode_record(reading);
    CHECK(to_hex(std::span(record).subspan(24, 2)) == "ffb7");
}

TEST_CASE("An offline inverter's record keeps its counters and its alarm count", "[unit][dtu_simulator]") {
    const PortReading reading{
        .serial = "116172200101", .today_energy = 812, .lifetime_energy = 66'654, .alarm_count = 3};
    CHECK(to_hex(encode_record(reading)) ==
          "0c1161722001010100000000000000000000032c0001045e00000000000000030007000000000000");
}

TEST_CASE("The end of the list has no serial", "[unit][dtu_simulator]") {
    CHECK(to_hex(end_of_list_record()) ==
          "0c000000000000000000000000000000000000000000000000000000000000000007000000000000");
}

TEST_CASE("Values beyond a register are held at its end", "[unit][dtu_simulator]") {
    PortReading reading = published_reading("113332416355", 1);
    reading.pv_power = 7000;
    reading.pv_voltage = -1;
    const PortRecord record = encode_record(reading);
    CHECK(to_hex(std::span(record).subspan(16, 2)) == "ffff");
    CHECK(to_hex(std::span(record).subspan(8, 2)) == "0000");
}

TEST_CASE("A serial that is not 12 hexadecimal digits is refused", "[unit][dtu_simulator]") {
    CHECK_THROWS_AS(pack_serial("1161"), std::invalid_argument);
    CHECK_THROWS_AS(pack_serial("11617220010x"), std::invalid_argument);
    CHECK(to_hex(pack_serial("11D361600831")) == "11d361600831");
}

}  // namespace
}  // namespace heliograph::dtu_simulator
