#include "core/delivery/record.hpp"

#include "core/delivery/checksum.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::delivery {
namespace {

std::string record_of(std::uint64_t first, std::uint32_t count, const std::string& text) {
    std::string bytes(kRecordHeaderBytes, '?');
    write_record_header(bytes.data(), first, count, text);
    return bytes + text;
}

TEST_CASE("The checksum is the CRC-32 of gzip, and can be continued", "[unit][delivery]") {
    // The check value that RFC 1952's polynomial gives for the digits.
    CHECK(checksum("123456789") == 0xCBF43926U);
    CHECK(checksum("6789", checksum("12345")) == 0xCBF43926U);
}

TEST_CASE("A record's header reads back as it was written", "[unit][delivery]") {
    const std::string text = "m n=1i 1\nm n=2i 1\n";
    const std::uint64_t first = GENERATE(0U, 1U, 1000U, UINT64_MAX - 2);
    const std::string bytes = record_of(first, 2, text);
    REQUIRE(bytes.size() == kRecordHeaderBytes + text.size());
    CHECK(bytes[kRecordHeaderBytes - 1] == '\n');
    const auto header = read_record_header(bytes);
    REQUIRE(header);
    CHECK(header->first == first);
    CHECK(header->end() == first + 2);
    CHECK(header->count == 2);
    CHECK(header->length == text.size());
    CHECK(is_intact(bytes, *header, text));
}

TEST_CASE("A record has the bytes that its description shows", "[unit][delivery]") {
    CHECK(record_of(1000, 2, "a f=1\nb f=2\n").substr(0, 38) == "#R 00000000000003e8 00000002 0000000c ");
}

TEST_CASE("A record with any byte changed is no record", "[unit][delivery]") {
    const std::string good = record_of(7, 3, "m n=1i 1\nm n=2i 1\nm n=3i 1\n");
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            CAPTURE(at, bit);
            std::string bytes = good;
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
            CHECK_FALSE(find_record(bytes, 0));
        }
    }
}

TEST_CASE("A record that is cut short anywhere is no record", "[unit][delivery]") {
    const std::string good = record_of(7, 1, "m n=1i 1\n");
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(find_record(good.substr(0, size), 0));
        CHECK(read_record_header(good.substr(0, size)).has_value() == (size >= kRecordHeaderBytes));
    }
    CHECK(find_record(good, 0));
}

TEST_CASE("Headers with numbers that cannot be are refused", "[unit][delivery]") {
    const auto header = [](const std::string& first, const std::string& count, const std::string& length) {
        return read_record_header("#R " + first + " " + count + " " + length + " 00000000\n").has_value();
    };
    CHECK(header("0000000000000000", "00000001", "00000000"));
    CHECK_FALSE(header("0000000000000000", "00000000", "00000000"));  // no metrics
    CHECK_FALSE(header("ffffffffffffffff", "00000001", "00000000"));  // no number behind it
    CHECK_FALSE(header("0000000000000000", "00000001", "10000001"));  // longer than any
    CHECK_FALSE(header("000000000000000A", "00000001", "00000000"));  // upper case is not written
    CHECK_FALSE(header("00000000000000 0", "00000001", "00000000"));
}

TEST_CASE("A search finds the first intact record behind damage, and says where", "[unit][delivery]") {
    const std::string first = record_of(0, 1, "m n=0i 1\n");
    const std::string second = record_of(1, 1, "m n=1i 1\n");
    std::string damaged = first;
    damaged.back() = 'x';
    const std::string bytes = "junk #R #R " + damaged + "#R 00" + second + first;
    const auto found = find_record(bytes, 0);
    REQUIRE(found);
    CHECK(found->header.first == 1);
    CHECK(found->text == "m n=1i 1\n");
    CHECK(found->offset == bytes.size() - first.size() - second.size());
    const auto next = find_record(bytes, found->offset + 1);
    REQUIRE(next);
    CHECK(next->header.first == 0);
    CHECK_FALSE(find_record(bytes, next->offset + 1));
    CHECK_FALSE(find_record(bytes, bytes.size() + 5));
}

}  // namespace
}  // namespace heliograph::delivery
