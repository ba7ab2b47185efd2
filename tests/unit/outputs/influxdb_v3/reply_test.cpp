#include "outputs/influxdb_v3/reply.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::influxdb_v3 {
namespace {

TEST_CASE("A body without anything in it says nothing", "[unit][influxdb_v3]") {
    CHECK(parse_reply("").form == Reply::Form::empty);
    CHECK(parse_reply(" \r\n").form == Reply::Form::empty);
}

TEST_CASE("Plain text, JSON and markup are told apart", "[unit][influxdb_v3]") {
    CHECK(parse_reply("Not found").form == Reply::Form::text);
    CHECK(parse_reply("Not found").message == "Not found");
    CHECK(parse_reply("\n <html>").form == Reply::Form::markup);
    CHECK(parse_reply("{\"error\":\"x\"}").form == Reply::Form::json);
    CHECK(parse_reply("{\"error\":").form == Reply::Form::text);
    CHECK(parse_reply("[1]").form == Reply::Form::text);
}

TEST_CASE("The message is that of error, or of message, or the body itself", "[unit][influxdb_v3]") {
    CHECK(parse_reply(R"({"error":"a","message":"b"})").message == "a");
    CHECK(parse_reply(R"({"code":"invalid","message":"b"})").message == "b");
    CHECK(parse_reply(R"({"code":1})").message == R"({"code":1})");
    CHECK(parse_reply(R"({"error":{"a":1}})").message == R"({"error":{"a":1}})");
}

TEST_CASE("data is taken in every shape", "[unit][influxdb_v3]") {
    const std::string element = R"({"error_message":"m","line_number":2,"original_line":"o"})";
    const Reply array = parse_reply(R"({"error":"e","data":[)" + element + "]}");
    REQUIRE(array.lines.size() == 1);
    CHECK(array.has_data);
    CHECK(array.names_every_line);
    CHECK(array.lines[0].number == 2);
    CHECK(array.lines[0].message == "m");
    CHECK(parse_reply(R"({"error":"e","data":)" + element + "}").lines.size() == 1);
    CHECK_FALSE(parse_reply(R"({"error":"e","data":null})").has_data);
    CHECK_FALSE(parse_reply(R"({"error":"e","data":[]})").has_data);
    CHECK_FALSE(parse_reply(R"({"error":"e"})").has_data);
}

TEST_CASE("A line number that is none makes the answer one to be doubted", "[unit][influxdb_v3]") {
    for (const std::string number : {"0", "-1", "1.5", "\"2\"", "null", "18446744073709551616"}) {
        CAPTURE(number);
        const Reply reply = parse_reply(R"({"data":[{"line_number":)" + number + R"(},{"line_number":3}]})");
        // The largest one is no JSON number for the parser at all, and then nothing is named.
        CHECK((reply.form == Reply::Form::text || !reply.names_every_line));
    }
    CHECK_FALSE(parse_reply(R"({"data":"text"})").names_every_line);
    CHECK_FALSE(parse_reply(R"({"data":[1]})").names_every_line);
}

TEST_CASE("Lines are found in the message of the products that speak v2", "[unit][influxdb_v3]") {
    const Reply reply = parse_reply(
        R"({"code":"invalid","line":2,"message":"failed:\n error parsing line 2 (1-based): a\n error parsing line 17 (1-based): b"})");
    REQUIRE(reply.lines.size() == 2);
    CHECK(reply.lines[0].number == 2);
    CHECK(reply.lines[0].message == "a");
    CHECK(reply.lines[1].number == 17);
    CHECK(reply.lines[1].message == "b");
    CHECK(parse_reply(R"({"code":"invalid","line":9,"message":"m"})").lines.at(0).number == 9);
    CHECK(parse_reply(R"json({"message":"error parsing line x (1-based)"})json").lines.empty());
    CHECK(parse_reply(R"json({"message":"error parsing line 2"})json").lines.empty());
}

TEST_CASE("Text from outside becomes one bounded line of UTF-8", "[unit][influxdb_v3]") {
    CHECK(one_line("  a\r\n\tb\x01", 100) == "a b");
    CHECK(one_line("a\xFF", 100) == "a?");
    CHECK(one_line("abcdef", 6) == "abcdef");
    CHECK(one_line("abcdefg", 6) == "abc...");
    CHECK(one_line("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 7) == "\xC3\xA4\xC3\xA4...");
    CHECK(parse_reply(std::string(100'000, 'x')).message.size() == kLongestMessage);
}

}  // namespace
}  // namespace heliograph::influxdb_v3
