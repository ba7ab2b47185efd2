#include "inputs/hoymiles_dtu/port_record.hpp"

#include "tests/unit/inputs/hoymiles_dtu/hex.hpp"

#include <catch2/catch.hpp>

namespace heliograph::hoymiles {
namespace {

using test::from_hex;

const auto kRecord =
    from_hex("0c11333241635501015e0002094d1388006602ef00012447002b0003000000000107000000000000");

}  // namespace

TEST_CASE("a record that is cut short is not decoded", "[unit][hoymiles]") {
    REQUIRE(decode_record(RegisterMap::byte_addressed, kRecord));
    for (std::size_t size = 0; size < kRecord.size(); ++size) {
        CHECK_FALSE(decode_record(RegisterMap::byte_addressed, std::span{kRecord}.first(size)));
    }
}

TEST_CASE("port number 0 ends the list", "[unit][hoymiles]") {
    auto bytes = kRecord;
    bytes[7] = 0;
    CHECK_FALSE(decode_record(RegisterMap::byte_addressed, bytes));
}

TEST_CASE("in the word-addressed map any data type but 12 ends the list", "[unit][hoymiles]") {
    auto bytes = from_hex("000c1161722001010001014e038a09b913890bc90431000108bd023000030000000000010000");
    REQUIRE(decode_record(RegisterMap::word_addressed, bytes));
    bytes[1] = 0;
    CHECK_FALSE(decode_record(RegisterMap::word_addressed, bytes));
}

TEST_CASE("an inverter is online when linked and with a status or a grid voltage", "[unit][hoymiles]") {
    PortRecord record;
    CHECK_FALSE(is_online(record));
    record.link_status = 1;
    CHECK_FALSE(is_online(record));
    record.grid_voltage = 230.0;
    CHECK(is_online(record));
    record.grid_voltage = 0;
    record.operating_status = 3;
    CHECK(is_online(record));
    record.link_status = 0;
    CHECK_FALSE(is_online(record));
}

TEST_CASE("values without a link are stale", "[unit][hoymiles]") {
    PortRecord record;
    record.pv_voltage = 30;
    record.pv_power = 100;
    CHECK(is_stale(record));
    record.link_status = 1;
    CHECK_FALSE(is_stale(record));
}

}  // namespace heliograph::hoymiles
