#include "inputs/hoymiles_dtu/scan.hpp"

#include "tests/unit/inputs/hoymiles_dtu/hex.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <string>

namespace heliograph::hoymiles {
namespace {

using namespace std::chrono_literals;
using test::from_hex;
using Kind = ScanAction::Kind;

const std::string kSerial = "11d361600831";
const std::string kEnd = "0c" + std::string(78, '0');

std::string record(const std::string& serial, unsigned port) {
    const char digit = static_cast<char>('0' + port);
    return "0c" + serial + "0" + digit + "015e0002094d1388006602ef00012447002b0003000000000107000000000000";
}

std::vector<std::uint8_t> reply(std::uint16_t transaction, const std::string& data_hex) {
    const auto data = from_hex(data_hex);
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(transaction >> 8U),
                                    static_cast<std::uint8_t>(transaction),
                                    0,
                                    0,
                                    0,
                                    static_cast<std::uint8_t>(data.size() + 3),
                                    1,
                                    3,
                                    static_cast<std::uint8_t>(data.size())};
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

/// Answers each request with the next of the replies, 20 ms later; a "" is silence. Moves the clock as the
/// scan asks.
struct Conversation {
    Scan scan;
    std::deque<std::string> replies;
    SteadyTime now{1h};
    std::vector<std::vector<std::uint8_t>> requests = {};
    std::vector<SteadyTime> sent_at = {};

    ScanResult run() {
        std::uint16_t transaction = 0;
        while (true) {
            const ScanAction action = scan.next(now);
            switch (action.kind) {
                case Kind::send:
                    requests.emplace_back(action.bytes.begin(), action.bytes.end());
                    sent_at.push_back(now);
                    ++transaction;
                    now += 20ms;
                    if (!replies.empty() && !replies.front().empty()) {
                        scan.received(reply(transaction, replies.front()), now);
                    }
                    if (!replies.empty()) {
                        replies.pop_front();
                    }
                    break;
                case Kind::receive:
                case Kind::wait:
                    REQUIRE(action.until > now);
                    now = action.until;
                    break;
                case Kind::finished:
                    return scan.take_result();
            }
        }
    }
};

}  // namespace

TEST_CASE("a scan reads the serial number, then records to the end of the list", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {kSerial, record("116172200101", 1), record("116172200101", 2), kEnd}};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::complete);
    CHECK(result.dtu_serial.text() == "11D361600831");
    CHECK(result.records.size() == 2);
    CHECK(result.warning.empty());
    CHECK(talk.requests ==
          std::vector{from_hex("000100000006010320000003"), from_hex("000200000006010310000014"),
                      from_hex("000300000006010310280014"), from_hex("000400000006010310500014")});
}

TEST_CASE("the gap from a reply to the next request is kept", "[unit][hoymiles]") {
    const SteadyTime not_before{1h + 50ms};
    Conversation talk{Scan{{}, not_before}, {kSerial, record("116172200101", 1), kEnd}};
    CHECK(talk.run().status == ScanStatus::complete);
    REQUIRE(talk.sent_at.size() == 3);
    CHECK(talk.sent_at[0] == not_before);
    CHECK(talk.sent_at[1] - talk.sent_at[0] == 120ms);
    CHECK(talk.sent_at[2] - talk.sent_at[1] == 120ms);
    CHECK(talk.scan.quiet_until() == talk.now + 100ms);
}

TEST_CASE("layout, stride and unit id decide what is asked", "[unit][hoymiles]") {
    SECTION("stride 20") {
        Conversation talk{Scan{{.stride = 20, .unit_id = 5}}, {kSerial, record("116172200101", 1), kEnd}};
        talk.run();
        CHECK(talk.requests.at(2) == from_hex("000300000006050310140014"));
    }
    SECTION("word-addressed") {
        Conversation talk{
            Scan{{.map = RegisterMap::word_addressed, .stride = 25}},
            {kSerial, "000c1161722001010001014e038a09b913890bc90431000108bd023000030000000000010000",
             std::string(76, '0')}};
        const ScanResult result = talk.run();
        CHECK(result.status == ScanStatus::complete);
        CHECK(result.records.size() == 1);
        CHECK(talk.requests.at(2) == from_hex("000300000006010340190013"));
    }
}

TEST_CASE("a time-out ends the scan and keeps the records before it", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {kSerial, record("116172200101", 1), ""}};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::partial);
    CHECK(result.records.size() == 1);
    CHECK(result.problem == "reading port record 2 at 0x1028: no reply within 5000 ms");
}

TEST_CASE("a silent DTU fails the scan at its first request", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {}};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::failed);
    CHECK(result.problem == "reading the DTU's serial number: no reply within 5000 ms");
    CHECK(talk.requests.size() == 1);
}

TEST_CASE("inverters that are not mapped yet are neither an error nor an empty plant", "[unit][hoymiles]") {
    const SteadyTime now{1h};
    for (const char* hex : {"0002000000020103", "000200000003010300"}) {
        Scan scan{{.request_gap = 0ms}};
        REQUIRE(scan.next(now).kind == Kind::send);
        scan.received(reply(1, kSerial), now);
        REQUIRE(scan.next(now).kind == Kind::send);
        scan.received(from_hex(hex), now);
        CHECK(scan.next(now).kind == Kind::finished);
        const ScanResult result = scan.take_result();
        CHECK(result.status == ScanStatus::not_mapped);
        CHECK(result.problem.empty());
    }
}

TEST_CASE("an empty list is a complete scan", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {kSerial, kEnd}};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::complete);
    CHECK(result.records.empty());
}

TEST_CASE("a scan ends after 99 records", "[unit][hoymiles]") {
    std::deque<std::string> replies{kSerial};
    for (unsigned i = 0; i < 120; ++i) {
        replies.push_back(record("1161722" + std::to_string(10000 + i), 1));
    }
    Conversation talk{Scan{{}}, replies};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::complete);
    CHECK(result.records.size() == 99);
    CHECK(talk.requests.back() == from_hex("00640000000601031f500014"));
}

TEST_CASE("replies that are wrong end the scan with their reason", "[unit][hoymiles]") {
    struct Case {
        std::string name;
        std::string hex;
        std::string problem;
    };
    const auto c = GENERATE(values<Case>({
        {"exception", "000300000003018302",
         "reading port record 2 at 0x1028: exception 2 (illegal_data_address)"},
        {"no data", "000300000003010300", "reading port record 2 at 0x1028: the reply holds no data"},
        {"too short", "000300000005010302abcd",
         "reading port record 2 at 0x1028: the reply holds 2 bytes of data, 40 are needed"},
        {"garbage", "ffffffffffffffffffff",
         "reading port record 2 at 0x1028: the bytes are not Modbus TCP: protocol id 0xFFFF where 0 belongs"},
    }));
    DYNAMIC_SECTION(c.name) {
        const SteadyTime now{1h};
        Scan scan{{.request_gap = 0ms}};
        REQUIRE(scan.next(now).kind == Kind::send);
        scan.received(reply(1, kSerial), now);
        REQUIRE(scan.next(now).kind == Kind::send);
        scan.received(reply(2, record("116172200101", 1)), now);
        REQUIRE(scan.next(now).kind == Kind::send);
        scan.received(from_hex(c.hex), now);
        CHECK(scan.next(now).kind == Kind::finished);
        const ScanResult result = scan.take_result();
        CHECK(result.status == ScanStatus::partial);
        CHECK(result.records.size() == 1);
        CHECK(result.problem == c.problem);
    }
}

TEST_CASE("a connection that never came to be fails the scan", "[unit][hoymiles]") {
    Scan scan{{}};
    scan.interrupted("connection refused");
    REQUIRE(scan.finished());
    const ScanResult result = scan.take_result();
    CHECK(result.status == ScanStatus::failed);
    CHECK(result.problem == "connecting: connection refused");
}

TEST_CASE("a connection that ends keeps the records before it", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {kSerial, record("116172200101", 1)}};
    while (talk.requests.size() < 3) {
        const ScanAction action = talk.scan.next(talk.now);
        if (action.kind == Kind::send) {
            talk.requests.emplace_back();
            if (talk.requests.size() == 1) {
                talk.scan.received(reply(1, kSerial), talk.now);
            } else if (talk.requests.size() == 2) {
                talk.scan.received(reply(2, record("116172200101", 1)), talk.now);
            }
        } else {
            talk.now = action.until;
        }
    }
    talk.scan.interrupted("the DTU closed the connection");
    const ScanResult result = talk.scan.take_result();
    CHECK(result.status == ScanStatus::partial);
    CHECK(result.records.size() == 1);
}

TEST_CASE("a DTU without a serial number fails the scan", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {"000000000000"}};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::failed);
    CHECK_THAT(result.problem, Catch::Contains("does not know its own serial number"));
}

TEST_CASE("port numbers that skip make a warning that names the stride", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {kSerial, record("116172200101", 1), record("116172200101", 3), kEnd}};
    const ScanResult result = talk.run();
    CHECK(result.status == ScanStatus::complete);
    CHECK(result.warning ==
          "inverter 116172200101 has port 3 but no port 2; check the options layout and stride (now 40); "
          "until then the energy of ports that were not known before is left out");
}

TEST_CASE("a port that is listed twice counts once and makes a warning", "[unit][hoymiles]") {
    Conversation talk{Scan{{}}, {kSerial, record("116172200101", 1), record("116172200101", 1), kEnd}};
    const ScanResult result = talk.run();
    CHECK(result.records.size() == 1);
    CHECK_THAT(result.warning, Catch::Contains("more than once"));
}

}  // namespace heliograph::hoymiles
