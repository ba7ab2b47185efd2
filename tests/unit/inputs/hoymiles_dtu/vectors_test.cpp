// Holds the protocol to a collection of frames and their meaning, field for field.
#include "inputs/hoymiles_dtu/scan.hpp"
#include "inputs/hoymiles_dtu/snapshot.hpp"
#include "tests/unit/inputs/hoymiles_dtu/hex.hpp"

#include <catch2/catch.hpp>
#include <simdjson.h>

#include <charconv>
#include <map>
#include <string>

namespace heliograph::hoymiles {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using test::from_hex;

constexpr std::string_view kVectors = "/tests/unit/inputs/hoymiles_dtu/data/hoymiles_modbus.json";

std::vector<std::uint8_t> hex_of(object exchange, const char* key) {
    return from_hex(std::string_view{exchange[key]});
}

RegisterMap map_of(object vector) {
    return std::string_view{vector["layout"]} == "word-stride-25" ? RegisterMap::word_addressed
                                                                  : RegisterMap::byte_addressed;
}

/// Compares every field that the vector states; a field that is not known here fails the test.
void check_record(const PortRecord& record, object want) {
    const std::map<std::string_view, double> numbers{
        {"data_type", record.data_type},
        {"port", record.port},
        {"pv_voltage_v", record.pv_voltage},
        {"pv_current_a", record.pv_current},
        {"grid_voltage_v", record.grid_voltage},
        {"grid_frequency_hz", record.grid_frequency},
        {"pv_power_w", record.pv_power},
        {"energy_today_wh", record.energy_today},
        {"energy_total_wh", record.energy_total},
        {"temperature_c", record.temperature},
        {"operating_status", record.operating_status},
        {"alarm_code", record.alarm_code},
        {"alarm_count", record.alarm_count},
        {"link_status", record.link_status},
    };
    for (const auto [key, value] : want) {
        CAPTURE(key);
        if (key == "serial") {
            CHECK(record.serial.text() == std::string_view{value});
        } else if (key != "fixed_byte_33") {  // a constant of the frame, not a value
            CHECK(numbers.at(key) == double{value});
        }
    }
}

std::vector<std::uint8_t> reply_data(object exchange) {
    const auto request = hex_of(exchange, "request_hex");
    ReplyReader reader;
    reader.expect(static_cast<std::uint16_t>((request[0] << 8U) | request[1]));
    const auto reply = reader.feed(hex_of(exchange, "response_hex"));
    REQUIRE(reply);
    REQUIRE(reply->kind == ReplyKind::data);
    return {reply->data.begin(), reply->data.end()};
}

void check_request(object exchange, RegisterMap map) {
    const auto request = hex_of(exchange, "request_hex");
    const auto word = [&](std::size_t at) {
        return static_cast<std::uint16_t>((request[at] << 8U) | request[at + 1]);
    };
    const bool serial = word(8) == kDtuSerialAddress;
    CHECK(word(10) == (serial ? kDtuSerialRegisters : record_registers(map)));
    const auto encoded = encode({.transaction = word(0), .unit = 1, .start = word(8), .count = word(10)});
    CHECK(std::vector<std::uint8_t>(encoded.begin(), encoded.end()) == request);
}

void check_exchange(object vector) {
    const object exchange = vector["input"];
    const object want = vector["expect"];
    check_request(exchange, map_of(vector));
    const std::string_view error = bool{want["ok"]} ? std::string_view{} : std::string_view{want["error"]};
    if (!error.empty()) {
        const auto request = hex_of(exchange, "request_hex");
        ReplyReader reader;
        reader.expect(static_cast<std::uint16_t>((request[0] << 8U) | request[1]));
        const auto reply = reader.feed(hex_of(exchange, "response_hex"));
        REQUIRE(reply);
        if (error == "not_mapped_yet") {
            CHECK(reply->kind == ReplyKind::empty);
        } else {
            REQUIRE(error == "modbus_exception");
            CHECK(reply->kind == ReplyKind::exception);
            CHECK(reply->exception_code == std::uint64_t{want["exception_code"]});
            CHECK(exception_name(reply->exception_code) == std::string_view{want["exception_name"]});
        }
        return;
    }
    const auto data = reply_data(exchange);
    std::string_view serial;
    if (want["dtu_serial"].get(serial) == simdjson::SUCCESS) {
        CHECK(SerialNumber::from_bytes(std::span{data}.first<SerialNumber::kBytes>()).text() == serial);
        return;
    }
    const auto record = decode_record(map_of(vector), data);
    bool end_of_list = false;
    if (want["end_of_list"].get(end_of_list) == simdjson::SUCCESS) {
        CHECK_FALSE(record);
        return;
    }
    REQUIRE(record);
    check_record(*record, want["record"]);
    bool flag = false;
    if (want["online"].get(flag) == simdjson::SUCCESS) {
        CHECK(is_online(*record) == flag);
    }
    if (want["alarm_active"].get(flag) == simdjson::SUCCESS) {
        Counters counters;
        ScanResult scan;
        scan.status = ScanStatus::complete;
        scan.records = {*record};
        CHECK(make_snapshot(scan, counters, {}).dtu.alarm_flag == flag);
    }
}

/// Plays a session through a scan. Sessions that leave out the DTU's serial number get one in front.
void check_session(object vector) {
    const object want = vector["expect"];
    ScanSettings settings;
    settings.map = map_of(vector);
    settings.request_gap = std::chrono::milliseconds{0};
    Scan scan{settings};
    const SteadyTime now{};
    const simdjson::dom::array exchanges = vector["input"]["exchanges"];
    auto exchange = exchanges.begin();
    std::string_view serial;
    const bool has_serial = want["dtu_serial"].get(serial) == simdjson::SUCCESS;
    if (!has_serial) {
        REQUIRE(scan.next(now).kind == ScanAction::Kind::send);
        scan.received(from_hex("000100000009010306 11d361600831"), now);
    }
    for (auto action = scan.next(now); action.kind != ScanAction::Kind::finished; action = scan.next(now)) {
        REQUIRE(action.kind == ScanAction::Kind::send);
        REQUIRE(exchange != exchanges.end());
        CHECK(std::vector<std::uint8_t>(action.bytes.begin(), action.bytes.end()) ==
              hex_of(*exchange, "request_hex"));
        scan.received(hex_of(*exchange, "response_hex"), now);
        ++exchange;
    }
    CHECK_FALSE(exchange != exchanges.end());
    const ScanResult result = scan.take_result();
    REQUIRE(result.status == ScanStatus::complete);
    if (has_serial) {
        CHECK(result.dtu_serial.text() == serial);
    }
    std::size_t index = 0;
    for (const object record : want["records"]) {
        REQUIRE(index < result.records.size());
        check_record(result.records[index++], record);
    }
    CHECK(result.records.size() == index);

    Counters counters;
    const Snapshot snapshot = make_snapshot(result, counters, {});
    const object plant = want["plant"];
    CHECK(snapshot.dtu.pv_power == double{plant["pv_power_w"]});
    CHECK(snapshot.dtu.today_production == std::int64_t{plant["energy_today_wh"]});
    CHECK(snapshot.dtu.total_production == std::int64_t{plant["energy_total_wh"]});
    CHECK(snapshot.dtu.alarm_flag == bool{plant["alarm"]});
    CHECK(snapshot.dtu.ports_total == std::uint64_t{plant["ports_total"]});
    CHECK(snapshot.dtu.ports_online == std::uint64_t{plant["ports_online"]});
}

void check_addresses(object vector) {
    for (const auto [layout, addresses] : object{vector["expect"]}) {
        const RegisterMap map =
            layout == "word-stride-25" ? RegisterMap::word_addressed : RegisterMap::byte_addressed;
        for (const auto [index_text, address] : object{addresses}) {
            unsigned index = 0;
            std::from_chars(index_text.data(), index_text.data() + index_text.size(), index);
            const auto bytes = from_hex(std::string_view{address});
            CHECK(record_address(map, default_stride(map), index) == ((bytes[0] << 8U) | bytes[1]));
        }
    }
}

}  // namespace

TEST_CASE("every recorded frame means what its vector says", "[unit][hoymiles]") {
    simdjson::dom::parser parser;
    const object document = parser.load(std::string{HELIOGRAPH_SOURCE_DIR} + std::string{kVectors});
    std::size_t count = 0;
    for (const object vector : document["vectors"]) {
        ++count;
        const std::string id{std::string_view{vector["id"]}};
        const std::string_view kind = vector["kind"];
        CAPTURE(id);
        if (kind == "modbus-tcp") {
            check_exchange(vector);
        } else if (kind == "modbus-tcp-session") {
            check_session(vector);
        } else {
            REQUIRE(kind == "table");
            check_addresses(vector);
        }
    }
    CHECK(count == 20);
}

}  // namespace heliograph::hoymiles
