#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace heliograph::hoymiles {

TEST_CASE("a serial number is its twelve hex digits", "[unit][hoymiles]") {
    const std::array<std::uint8_t, 6> bytes{0x11, 0xd3, 0x61, 0x60, 0x08, 0x31};
    const auto serial = SerialNumber::from_bytes(bytes);
    CHECK(serial.text() == "11D361600831");
    CHECK(SerialNumber::parse("11d361600831") == serial);
    CHECK(SerialNumber{}.text() == "000000000000");
    CHECK(SerialNumber{}.is_zero());
}

TEST_CASE("only twelve hex digits are read as a serial number", "[unit][hoymiles]") {
    for (const char* text :
         {"", "11D36160083", "11D3616008311", "11D36160083G", "-1D361600831", "0x1234567890"}) {
        CAPTURE(text);
        CHECK_FALSE(SerialNumber::parse(text));
    }
}

TEST_CASE("serial numbers that start with 10 are of the MI generation", "[unit][hoymiles]") {
    CHECK(SerialNumber::parse("103332416355")->is_mi());
    CHECK_FALSE(SerialNumber::parse("113332416355")->is_mi());
    CHECK_FALSE(SerialNumber::parse("010332416355")->is_mi());
}

}  // namespace heliograph::hoymiles
