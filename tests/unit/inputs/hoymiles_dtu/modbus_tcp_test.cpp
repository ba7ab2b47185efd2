#include "inputs/hoymiles_dtu/modbus_tcp.hpp"

#include "tests/unit/inputs/hoymiles_dtu/hex.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::hoymiles {
namespace {

using test::from_hex;

const std::string kSerialReply = "000100000009010306 11d361600831";

std::vector<std::uint8_t> copy(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a request is twelve bytes with its address and count", "[unit][hoymiles]") {
    const auto bytes = encode({.transaction = 0x0203, .unit = 7, .start = 0x1028, .count = 20});
    CHECK(copy(bytes) == from_hex("0203 0000 0006 07 03 1028 0014"));
}

TEST_CASE("a reply is found however its bytes are cut", "[unit][hoymiles]") {
    const auto bytes = from_hex(kSerialReply);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        CAPTURE(cut);
        ReplyReader reader;
        reader.expect(1);
        auto reply = reader.feed(std::span{bytes}.first(cut));
        if (!reply) {
            reply = reader.feed(std::span{bytes}.subspan(cut));
        }
        REQUIRE(reply);
        CHECK(reply->kind == ReplyKind::data);
        CHECK(copy(reply->data) == from_hex("11d361600831"));
    }
}

TEST_CASE("a reply that comes byte by byte is found at its last byte", "[unit][hoymiles]") {
    const auto bytes = from_hex(kSerialReply);
    ReplyReader reader;
    reader.expect(1);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK(reader.feed(std::span{bytes}.subspan(i, 1)).has_value() == (i + 1 == bytes.size()));
    }
}

TEST_CASE("replies to earlier requests are dropped", "[unit][hoymiles]") {
    ReplyReader reader;
    reader.expect(2);
    auto late = from_hex(kSerialReply);
    const auto wanted = from_hex("000200000005010302abcd");
    late.insert(late.end(), wanted.begin(), wanted.end());
    const auto reply = reader.feed(late);
    REQUIRE(reply);
    CHECK(copy(reply->data) == from_hex("abcd"));
    CHECK(reader.late_replies() == 1);
}

TEST_CASE("bytes after a reply stay in step with the next one", "[unit][hoymiles]") {
    ReplyReader reader;
    reader.expect(1);
    const auto twice = from_hex(kSerialReply + kSerialReply.substr(0, 10));
    REQUIRE(reader.feed(twice));
    reader.expect(2);
    const auto rest = from_hex(kSerialReply.substr(10) + "000200000005010302abcd");
    const auto reply = reader.feed(rest);
    REQUIRE(reply);
    CHECK(reply->kind == ReplyKind::data);
    CHECK(copy(reply->data) == from_hex("abcd"));
}

TEST_CASE("a stream of late replies takes no more room than two frames", "[unit][hoymiles]") {
    ReplyReader reader;
    reader.expect(9);
    std::vector<std::uint8_t> many;
    for (int i = 0; i < 1000; ++i) {
        const auto late = from_hex(kSerialReply);
        many.insert(many.end(), late.begin(), late.end());
    }
    CHECK_FALSE(reader.feed(many));
    CHECK(reader.late_replies() == 1000);
}

TEST_CASE("bytes that are no answer are malformed and say why", "[unit][hoymiles]") {
    struct Case {
        std::string name;
        std::string hex;
        std::string reason;
    };
    const auto c = GENERATE(values<Case>({
        {"another protocol", "485454502f312e3120343030", "not Modbus TCP"},
        {"length too small", "00010000000101", "length field says 1"},
        {"length too large", "0001000000ff0103ff", "length field says 255"},
        {"another function", "000100000005010402abcd", "function 0x04"},
        {"exception of another function", "000100000003018402", "function 0x84"},
        {"exception without its code", "0001000000020183", "without its code"},
    }));
    DYNAMIC_SECTION(c.name) {
        ReplyReader reader;
        reader.expect(1);
        const auto reply = reader.feed(from_hex(c.hex));
        REQUIRE(reply);
        CHECK(reply->kind == ReplyKind::malformed);
        CHECK_THAT(reply->reason, Catch::Contains(c.reason));
    }
}

TEST_CASE("a flood behind the reply is malformed", "[unit][hoymiles]") {
    auto bytes = from_hex(kSerialReply);
    bytes.resize(2000);
    ReplyReader reader;
    reader.expect(1);
    const auto reply = reader.feed(bytes);
    REQUIRE(reply);
    CHECK(reply->kind == ReplyKind::malformed);
}

TEST_CASE("the longest reply that Modbus allows is read", "[unit][hoymiles]") {
    auto bytes = from_hex("0001000000fe0103ff");
    bytes.resize(260, 0x5a);
    ReplyReader reader;
    reader.expect(1);
    const auto reply = reader.feed(bytes);
    REQUIRE(reply);
    CHECK(reply->data.size() == 251);
}

}  // namespace heliograph::hoymiles
