#include "outputs/stdout/table_format.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace heliograph::standard_output {
namespace {

constexpr std::int64_t kTen = 1'782'036'000'000'000'000;  // 2026-06-21 10:00:00 UTC

std::string table(TableFormat& format, const OwnedBatch& batch) {
    line_protocol::Buffer out;
    format.append(out, batch.metrics());
    return "\n" + std::string(out.view());
}

void add_port(OwnedBatch& batch, std::string_view serial, double power, std::int64_t time = kTen) {
    batch.batch().add("port").tag("serial", serial).field("power", power).field("up", true).time(time);
}

}  // namespace

TEST_CASE("measurements become aligned tables", "[unit][stdout]") {
    TableFormat format(TimeZone::utc);
    OwnedBatch batch;
    add_port(batch, "116180000001", 412.3);
    batch.batch().add("dtu").tag("dtu", "D1").field("pv_power", 0.1 + 0.2).field("alarms", 0).time(kTen);
    add_port(batch, "1161", -7, kTen + 1'999'999'999);
    CHECK(table(format, batch) == R"(
port
time      serial        power  up
10:00:00  116180000001  412.3  true
10:00:01  1161             -7  true

dtu
time      dtu  pv_power  alarms
10:00:00  D1        0.3       0
)");
}

TEST_CASE("the header comes again only when the columns change", "[unit][stdout]") {
    TableFormat format(TimeZone::utc);
    OwnedBatch batch;
    add_port(batch, "S1", 1);
    CHECK(table(format, batch) == R"(
port
time      serial  power  up
10:00:00  S1          1  true
)");
    batch.reset();
    add_port(batch, "S2", 2);
    CHECK(table(format, batch) == R"(
10:00:00  S2          2  true
)");
    batch.reset();
    batch.batch().add("port").tag("serial", "S3").field("power", 3).time(kTen);
    CHECK(table(format, batch) == R"(
10:00:00  S3          3  -
)");
    batch.reset();
    batch.batch().add("port").tag("site", "home").field("power", 1234567.5).time(kTen);
    CHECK(table(format, batch) == R"(

port
time      serial  site      power  up
10:00:00  -       home  1234567.5  -
)");
}

TEST_CASE("columns that are mostly empty make way for a shorter header", "[unit][stdout]") {
    TableFormat format(TimeZone::utc);
    OwnedBatch batch;
    batch.batch().add("port").field("a", 1).field("b", 2).field("c", 3).field("d", 4).time(kTen);
    (void)table(format, batch);
    batch.reset();
    batch.batch().add("port").field("a", 5).field("b", 6).time(kTen);
    CHECK(table(format, batch) == R"(
10:00:00  5  6  -  -
)");
    batch.reset();
    batch.batch().add("port").field("a", 7).time(kTen);
    CHECK(table(format, batch) == R"(

port
time      a
10:00:00  7
)");
}

TEST_CASE("a header does not gather columns for ever", "[unit][stdout]") {
    TableFormat format(TimeZone::utc);
    const auto header_size = [&](int fresh) {
        OwnedBatch batch;
        auto metric = batch.batch().add("port").time(kTen);
        for (int i = 0; i < 40; ++i) {
            metric.field(std::string_view("common" + std::to_string(i)), i);
        }
        metric.field(std::string_view("fresh" + std::to_string(fresh)), fresh);
        const std::string text = table(format, batch);
        return text.find("\n10:00:00") - text.find("time  ");
    };
    const std::size_t first = header_size(100);
    std::size_t longest = 0;
    for (int fresh = 101; fresh < 200; ++fresh) {
        longest = std::max(longest, header_size(fresh));
    }
    CHECK(longest == first + 23 * std::string("  fresh100").size());  // 64 columns
}

TEST_CASE("long text is cut and commands to the terminal are taken out", "[unit][stdout]") {
    TableFormat format(TimeZone::utc);
    OwnedBatch batch;
    batch.batch()
        .add("m")
        .field("exact", std::string_view("123456789012345678901234"))
        .field("long", std::string_view("äbcdefghijklmnopqrstuvwxyz"))
        .field("evil", std::string_view("\x1B[2J\xC2\x9B\xFF"))
        .field("last", std::string_view("x"));
    CHECK(table(format, batch) ==
          "\nm\n"
          "time      exact                     long                      evil    last\n"
          "--:--:--  123456789012345678901234  äbcdefghijklmnopqrstuvw…  \uFFFD[2J\uFFFD\uFFFD  x\n");
}

}  // namespace heliograph::standard_output
