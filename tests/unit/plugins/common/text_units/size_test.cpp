#include "plugins/common/text_units/size.hpp"

#include <catch2/catch.hpp>

namespace heliograph {
namespace {

TEST_CASE("parse_size reads bytes with and without a unit", "[unit][text_units]") {
    struct Case {
        std::string text;
        std::uint64_t want;
    };
    const auto c = GENERATE(values<Case>({{"512", 512},
                                          {"0", 0},
                                          {"5B", 5},
                                          {"64MiB", 67'108'864},
                                          {"64 mib", 67'108'864},
                                          {"1GB", 1'000'000'000},
                                          {"1.5KiB", 1536},
                                          {"2kb", 2000},
                                          {"3TB", 3'000'000'000'000},
                                          {"1TiB", 1'099'511'627'776},
                                          {"18446744073709551615", UINT64_MAX}}));
    DYNAMIC_SECTION(c.text) {
        const auto size = parse_size(c.text);
        INFO(size.error());
        REQUIRE(size);
        CHECK(*size == c.want);
    }
}

TEST_CASE("parse_size says what is wrong", "[unit][text_units]") {
    struct Case {
        std::string text;
        std::string error;
    };
    const std::string wanted =
        R"( is not a size; write a number of bytes, or one with a unit, such as "64MiB")";
    const std::string units = " has an unknown unit; the units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB";
    const auto c = GENERATE_COPY(values<Case>(
        {{"", R"("")" + wanted},
         {"big", R"("big")" + wanted},
         {"1.", R"("1.")" + wanted},
         {"-1", R"("-1" is negative, and a size must not be)"},
         {"5M", R"("5M")" + units},
         {"5  MB", R"("5  MB")" + units},
         {"18446744073709551616", R"("18446744073709551616" is too large; a size must fit 64 bits)"},
         {"16777216TiB", R"("16777216TiB" is too large; a size must fit 64 bits)"}}));
    DYNAMIC_SECTION(c.text) {
        const auto size = parse_size(c.text);
        CHECK_FALSE(size);
        CHECK(size.error() == c.error);
    }
}

TEST_CASE("format_size writes the shortest text that reads back", "[unit][text_units]") {
    struct Case {
        std::uint64_t bytes;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({{0, "0B"},
                                          {512, "512B"},
                                          {1024, "1KiB"},
                                          {1000, "1KB"},
                                          {1234, "1234B"},
                                          {67'108'864, "64MiB"},
                                          {1'000'000'000, "1GB"},
                                          {1'536'000, "1536KB"},
                                          {1'099'511'627'776, "1TiB"},
                                          {UINT64_MAX, "18446744073709551615B"}}));
    DYNAMIC_SECTION(c.want) {
        CHECK(format_size(c.bytes) == c.want);
        CHECK(*parse_size(c.want) == c.bytes);
    }
}

}  // namespace
}  // namespace heliograph
