#include "tools/dtu_simulator/responder.hpp"

#include "tests/unit/tools/dtu_simulator/hex.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

namespace heliograph::dtu_simulator {
namespace {

constexpr std::int64_t kNoon = 1'750'075'200'000'000'000;  // 2025-06-16 12:00 UTC
constexpr const char* kReadFirstRecord = "000300000006010310000014";

modbus::Request request_of(const std::string& hex) {
    const auto parsed = modbus::parse_request(from_hex(hex));
    REQUIRE(parsed.status == modbus::ParseStatus::complete);
    return parsed.request;
}

Response ask(const Responder& responder, const std::string& hex, std::int64_t time = kNoon) {
    return responder.respond(request_of(hex), time);
}

std::string answer(const Responder& responder, const std::string& hex) {
    return to_hex(ask(responder, hex).frame);
}

Responder with_fault(const Fault& fault) {
    Responder responder({.inverters = 2, .ports = 2}, {});
    responder.faults().add(fault, kNoon);
    return responder;
}

std::string record_hex(const Responder& responder, std::size_t port) {
    return to_hex(encode_record(responder.plant().reading(port, kNoon)));
}

TEST_CASE("Requests are framed by their length", "[unit][dtu_simulator]") {
    using modbus::ParseStatus;
    const auto bytes = from_hex(std::string(kReadFirstRecord) + "0004");
    for (std::size_t size = 0; size < 12; ++size) {
        CHECK(modbus::parse_request(std::span(bytes).first(size)).status == ParseStatus::incomplete);
    }
    const auto parsed = modbus::parse_request(bytes);
    CHECK(parsed.status == ParseStatus::complete);
    CHECK(parsed.consumed == 12);
    CHECK(parsed.request.transaction == 3);
    CHECK(parsed.request.address == 0x1000);
    CHECK(parsed.request.count == 20);
    CHECK(modbus::parse_request(from_hex("00030001000601")).status == ParseStatus::invalid);
    CHECK(modbus::parse_request(from_hex("00030000000101")).status == ParseStatus::invalid);
    CHECK(modbus::parse_request(from_hex("0003000000ff01")).status == ParseStatus::invalid);
}

TEST_CASE("A scan finds the serial, every record and the end of the list", "[unit][dtu_simulator]") {
    const Responder responder({.inverters = 2, .ports = 2}, {});
    CHECK(answer(responder, "000100000006010320000003") ==
          "000100000009010306" + to_hex(pack_serial(responder.plant().dtu_serial())));
    CHECK(answer(responder, kReadFirstRecord) == "00030000002b010328" + record_hex(responder, 0));
    CHECK(answer(responder, "000400000006010310280014") == "00040000002b010328" + record_hex(responder, 1));
    CHECK(answer(responder, "000500000006010310780014") == "00050000002b010328" + record_hex(responder, 3));
    const Response end = ask(responder, "000600000006010310a00014");
    CHECK(end.end_of_list);
    CHECK(to_hex(end.frame) == "00060000002b010328" + to_hex(end_of_list_record()));
}

TEST_CASE("A stride of 20 puts the second record at 0x1014", "[unit][dtu_simulator]") {
    const Responder responder({.inverters = 2, .ports = 2}, {.stride = 20});
    CHECK(answer(responder, "000400000006010310140014") == "00040000002b010328" + record_hex(responder, 1));
    CHECK(answer(responder, "000400000006010310280014") == "00040000002b010328" + record_hex(responder, 2));
    CHECK_THROWS_AS(Responder({}, {.stride = 30}), std::invalid_argument);
}

TEST_CASE("A full plant of 99 ports still has its end of the list", "[unit][dtu_simulator]") {
    const Responder responder({.inverters = 33, .ports = 3}, {});
    CHECK_FALSE(ask(responder,
                    "0004000000060103"
                    "1f500014")
                    .end_of_list);
    CHECK(ask(responder,
              "0004000000060103"
              "1f780014")
              .end_of_list);
    CHECK(answer(responder,
                 "0004000000060103"
                 "1fa00014") == "000400000003018302");
}

TEST_CASE("What a DTU cannot answer gets a Modbus exception", "[unit][dtu_simulator]") {
    const Responder responder({}, {});
    CHECK(answer(responder, "000a00000006010410000014") == "000a00000003018401");
    CHECK(answer(responder, "000a0000000601061000ffff") == "000a00000003018601");
    CHECK(answer(responder, "000a00000006010310010014") == "000a00000003018302");
    CHECK(answer(responder, "000a00000006010300000014") == "000a00000003018302");
    CHECK(answer(responder, "000a00000006010310000015") == "000a00000003018302");
    CHECK(answer(responder, "000a00000006010320010003") == "000a00000003018302");
    CHECK(answer(responder, "000a0000000601034000007d") == "000a00000003018302");
    CHECK(answer(responder, "000a00000006010310000000") == "000a00000003018303");
    CHECK(answer(responder, "000a0000000601031000007e") == "000a00000003018303");
    CHECK(answer(responder,
                 "000a000000040103"
                 "1000") == "000a00000003018303");
    CHECK(answer(responder, "000a00000006020310000014") == "000a0000000302830b");
}

TEST_CASE("Unit 0 answers to every unit identifier", "[unit][dtu_simulator]") {
    const Responder responder({}, {.unit = 0});
    CHECK(answer(responder, "000300000006070310000014") == "00030000002b070328" + record_hex(responder, 0));
}

TEST_CASE("Part of a record or of the serial can be read", "[unit][dtu_simulator]") {
    const Responder responder({}, {});
    CHECK(answer(responder, "000300000006010310000004") ==
          "00030000000b010308" + record_hex(responder, 0).substr(0, 16));
    CHECK(answer(responder, "000300000006010320020001") ==
          "000300000005010302" + to_hex(pack_serial(responder.plant().dtu_serial())).substr(8));
}

TEST_CASE("Faults change the frames as real DTUs do", "[unit][dtu_simulator]") {
    const Responder healthy({.inverters = 2, .ports = 2}, {});
    const std::string record = record_hex(healthy, 0);

    CHECK(answer(with_fault({FaultKind::wrong_byte_count}), kReadFirstRecord) ==
          "00030000002b0103ff" + record);
    CHECK(answer(with_fault({FaultKind::wrong_byte_count, 0}), kReadFirstRecord) ==
          "00030000002b010300" + record);
    CHECK(answer(with_fault({FaultKind::not_mapped}), "000800000006010310000014") == "0008000000020103");
    CHECK(answer(with_fault({FaultKind::not_mapped_zero}), "000900000006010310000014") ==
          "000900000003010300");
    CHECK(answer(with_fault({FaultKind::exception}), kReadFirstRecord) == "000300000003018304");
    CHECK(answer(with_fault({FaultKind::exception, 6}), kReadFirstRecord) == "000300000003018306");
    CHECK(answer(with_fault({FaultKind::wrong_transaction}), kReadFirstRecord) ==
          "00040000002b010328" + record);

    const Response silent = ask(with_fault({FaultKind::silent}), kReadFirstRecord);
    CHECK(silent.action == Response::Action::ignore);
    const Response slow = ask(with_fault({FaultKind::slow, 700}), kReadFirstRecord);
    CHECK(slow.delay == std::chrono::milliseconds(700));
    CHECK(to_hex(slow.frame) == "00030000002b010328" + record);
    const Response cut = ask(with_fault({FaultKind::cut}), kReadFirstRecord);
    CHECK(cut.action == Response::Action::send_and_close);
    CHECK(to_hex(cut.frame) == ("00030000002b010328" + record).substr(0, 48));
}

TEST_CASE("Not mapped concerns the port records and not the DTU's own serial", "[unit][dtu_simulator]") {
    const Responder responder = with_fault({FaultKind::not_mapped});
    CHECK(ask(responder, "000100000006010320000003").frame.size() == 15);
}

TEST_CASE("An offline inverter and a night keep the counters", "[unit][dtu_simulator]") {
    const Responder offline = with_fault({FaultKind::inverter_offline, 1});
    CHECK(answer(offline, kReadFirstRecord) == "00030000002b010328" + record_hex(offline, 0));
    const auto hidden = encode_record(offline.plant().reading(2, kNoon, {.unheard_since = kNoon}));
    CHECK(answer(offline, "000400000006010310500014") == "00040000002b010328" + to_hex(hidden));
    const Responder night = with_fault({FaultKind::night});
    CHECK(answer(night, "000400000006010310500014") == "00040000002b010328" + to_hex(hidden));
}

TEST_CASE("A restarted DTU has no counters", "[unit][dtu_simulator]") {
    Responder responder = with_fault({FaultKind::night});
    responder.faults().add({FaultKind::lifetime_zero}, kNoon);
    const auto frame = ask(responder, kReadFirstRecord).frame;
    CHECK(to_hex(std::span(frame).subspan(9 + 18, 6)) == "000000000000");
}

}  // namespace
}  // namespace heliograph::dtu_simulator
