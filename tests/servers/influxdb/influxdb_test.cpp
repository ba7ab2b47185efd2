// What a real InfluxDB 1 server stores of what the output sends by api = "v1".
#include "tests/servers/influxdb/influxd_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace heliograph::influxdb_v3::test {
namespace {

using testing::InfluxdServer;

constexpr std::size_t kMetrics = 100'000;
constexpr std::size_t kPorts = 50;

std::int64_t time_of(std::size_t i) {
    return kNoon + static_cast<std::int64_t>(i) * kSecond + static_cast<std::int64_t>(i % 1'000);
}
double power_of(std::size_t i) {
    return static_cast<double>(i) * 0.1 - 500;
}
std::int64_t energy_of(std::size_t i) {
    return static_cast<std::int64_t>(i * i) * (i % 2 == 0 ? 1 : -1);
}
std::string state_of(std::size_t i) {
    return "state \"" + std::to_string(i) + "\", \xE2\x98\x80 \\";
}

TEST_CASE("A hundred thousand metrics are read back equal, types included", "[servers][influxdb_v3]") {
    InfluxdFixture fixture({{"max_lines", std::int64_t{2'000}},
                            {"timeout", std::chrono::nanoseconds(std::chrono::seconds(60))}});
    REQUIRE(fixture.output.open().ok());
    constexpr std::size_t kBatch = 10'000;
    for (std::size_t begin = 0; begin < kMetrics; begin += kBatch) {
        fixture.batch.reset();
        for (std::size_t i = begin; i < begin + kBatch; ++i) {
            fixture.batch.batch()
                .add("port", 2, 4)
                .tag("dtu", "roof, south")
                .tag("port", std::to_string(i % kPorts))
                .field("energy", energy_of(i))
                .field("online", i % 3 == 0)
                .field("power", power_of(i))
                .field("state", std::string_view(state_of(i)))
                .time(time_of(i));
        }
        const auto outcome = fixture.write();
        CAPTURE(outcome.error);
        REQUIRE(outcome.ok());
        REQUIRE(outcome.rejected.empty());
        REQUIRE(outcome.kept.empty());
    }
    std::map<std::string, std::string> types;
    for (const auto& row : fixture.select("SHOW FIELD KEYS FROM port")) {
        types[row.at("fieldKey")] = row.at("fieldType");
    }
    CHECK(types ==
          std::map<std::string, std::string>{
              {"energy", "integer"}, {"online", "boolean"}, {"power", "float"}, {"state", "string"}});
    const auto rows =
        fixture.select("SELECT dtu, energy, online, port, power, state FROM port ORDER BY time");
    REQUIRE(rows.size() == kMetrics);
    std::size_t different = 0;
    for (std::size_t i = 0; i < kMetrics; ++i) {
        const auto& row = rows[i];
        const bool same = row.at("time") == std::to_string(time_of(i)) && row.at("dtu") == "roof, south" &&
                          row.at("port") == std::to_string(i % kPorts) &&
                          row.at("energy") == std::to_string(energy_of(i)) &&
                          row.at("online") == (i % 3 == 0 ? "true" : "false") &&
                          std::strtod(row.at("power").c_str(), nullptr) == power_of(i) &&
                          row.at("state") == state_of(i);
        if (!same && different++ == 0) {
            CAPTURE(i, row.at("time"), row.at("energy"), row.at("power"), row.at("state"));
            CHECK(same);
        }
    }
    CHECK(different == 0);
}

TEST_CASE("Of a batch with conflicting types only the guilty lines are rejected", "[servers][influxdb_v3]") {
    InfluxdFixture fixture;
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch().add("m", 1, 1).tag("n", "first").field("f", 1.0).time(kNoon - 1);
    REQUIRE(fixture.write().ok());
    fixture.batch.reset();
    const std::set<std::size_t> bad{0, 123, 124, 999};
    for (std::size_t i = 0; i < 1'000; ++i) {
        auto metric = fixture.batch.batch().add("m", 1, 1);
        metric.tag("n", std::to_string(i)).time(kNoon);
        if (bad.contains(i)) {
            metric.field("f", std::int64_t{1});
        } else {
            metric.field("f", static_cast<double>(i));
        }
    }
    const auto outcome = fixture.write();
    CAPTURE(outcome.error);
    CHECK(outcome.ok());
    CHECK(outcome.kept.empty());
    std::set<std::size_t> rejected;
    for (const auto& [index, reason] : outcome.rejected) {
        rejected.insert(index);
        CHECK(reason.find("field type conflict") != std::string::npos);
        CHECK(reason.find("m,n=" + std::to_string(index) + " f=1i") != std::string::npos);
    }
    CHECK(rejected == bad);
    CHECK(fixture.count_points() == 1 + 1'000 - bad.size());
}

TEST_CASE("Lines that the server cannot read are rejected, and no others", "[servers][influxdb_v3]") {
    InfluxdFixture fixture;
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    batch.add("m", 0, 1).field("f", 1.0).time(kNoon);
    batch.add("m", 0, 1).field("f", 1.0).time(INT64_MAX);  // out of its range
    batch.add("m", 1, 1)
        .tag("long", std::string(70'000, 'x'))
        .field("f", 1.0)
        .time(kNoon);  // the key too long
    batch.add("m", 0, 1).field("f", 2.0).time(kNoon + 1);
    const auto outcome = fixture.write();
    CAPTURE(outcome.error);
    CHECK(outcome.ok());
    REQUIRE(outcome.rejected.size() == 2);
    CHECK(outcome.rejected.contains(1));
    CHECK(outcome.rejected.contains(2));
    CHECK(outcome.rejected.at(2).size() < 1'000);
    CHECK(fixture.count_points() == 2);
}

/// Names that were chosen to break things.
std::vector<std::string> names_from_hell() {
    return {"plain",
            "with space",
            "comma,equals=both",
            "'; DROP TABLE x; --",
            "'; DROP DATABASE heliograph",
            "\"quoted\"",
            "`backticks`",
            "back\\slash",
            "back\\\\slashes",
            "back\\ space",
            "back\\,comma",
            "trailing\\",
            "\\",
            std::string("nul\0inside", 10),
            "new\nline",
            "carriage\rreturn",
            "tab\tbed",
            "\x01\x7F",
            "bad \xFF utf8",
            "\xF0\x9F\x8C\x9E sun",
            "Case",
            "case",
            "SELECT",
            "time",
            "_field",
            "__chunk_order",
            "name::string",
            "#comment",
            "=",
            ",",
            " ",
            "{}[]()<>!?*&^%$@~|;:/",
            std::string(200, 'x'),
            "\xC3\xA4\xC3\xB6\xC3\xBC"};
}

/// Whether InfluxDB 1 can hold the name as it is.
bool is_representable(const std::string& name, bool is_column) {
    const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || static_cast<unsigned char>(c) == 0xFF;
    });
    const bool is_reserved = name == "time" || name == "__chunk_order";
    const bool is_escape = name.find("\\ ") != std::string::npos || name.find("\\,") != std::string::npos;
    return !is_escape && !has_control && name.back() != '\\' && name.front() != '#' &&
           !(is_column && is_reserved);
}

TEST_CASE("Names from hell are stored as they are, or altered, or rejected, and harm no other row",
          "[servers][influxdb_v3]") {
    InfluxdFixture fixture;
    REQUIRE(fixture.output.open().ok());
    const auto names = names_from_hell();
    // Rows that stand beside all of them, before and after.
    Batch batch = fixture.batch.batch();
    const auto guard = [&](std::size_t i) {
        batch.add("guard", 1, 1).tag("n", std::to_string(i)).field("f", static_cast<double>(i)).time(kNoon);
    };
    constexpr std::size_t kKinds = 5;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string& name = names[i];
        const auto time = kNoon + static_cast<std::int64_t>(i);
        guard(i);
        batch.add(std::string_view(name), 0, 1).field("m", 1.0).time(time);
        batch.add("as_tag_key", 1, 1).tag(std::string_view(name), "v").field("f", 1.0).time(time);
        batch.add("as_tag_value", 1, 1).tag("k", name).field("f", 1.0).time(time);
        batch.add("as_field", 0, 1).field(std::string_view(name), 1.0).time(time);
        batch.add("as_text", 0, 1).field("s", std::string_view(name)).time(time);
    }
    const auto outcome = fixture.write();
    CAPTURE(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.kept.empty());
    for (const auto& [index, reason] : outcome.rejected) {
        CAPTURE(index, reason);
        CHECK(index % (kKinds + 1) != 0);  // never a guard
        CHECK_FALSE(reason.empty());
    }
    CHECK(fixture.count_points() == batch.size() - outcome.rejected.size());
    const auto guards = fixture.select("SELECT n, f FROM guard");
    CHECK(guards.size() == names.size());
    for (const auto& row : guards) {
        CHECK(row.at("n") == row.at("f"));
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string& name = names[i];
        const std::string at = " WHERE time = " + std::to_string(kNoon + static_cast<std::int64_t>(i));
        CAPTURE(i, name);
        if (is_representable(name, false)) {
            CHECK(fixture.select("SELECT * FROM " + identifier(name) + at).size() == 1);
            const auto value = fixture.select("SELECT k, f FROM as_tag_value" + at);
            REQUIRE(value.size() == 1);
            CHECK(value[0].at("k") == name);
        }
        if (is_representable(name, true)) {
            CHECK(fixture.select("SELECT " + identifier(name) + " FROM as_field" + at).size() == 1);
            CHECK(fixture.select("SELECT f, " + identifier(name) + " FROM as_tag_key" + at).size() == 1);
        }
        if (name.find('\0') == std::string::npos && name.find('\xFF') == std::string::npos) {
            const auto text = fixture.select("SELECT s FROM as_text" + at);
            REQUIRE(text.size() == 1);
            CHECK(text[0].at("s") == name);
        }
    }
}

TEST_CASE("A database that does not exist is asked for by name, and its metrics wait for it",
          "[servers][influxdb_v3]") {
    InfluxdFixture fixture({{"database", std::string("new one")}});
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch().add("m", 0, 1).field("f", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_FATAL);
    CHECK(outcome.error.find("CREATE DATABASE \"new one\"") != std::string::npos);
    fixture.server.query("CREATE DATABASE \"new one\"");
    CHECK(fixture.write().ok());
    CHECK(fixture.server.query("SELECT * FROM m", "new one").size() == 2);
}

TEST_CASE("A server that wants a login is told apart from one that is away", "[servers][influxdb_v3]") {
    InfluxdFixture fixture({}, InfluxdServer::Access::restricted);
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch().add("m", 0, 1).field("f", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_FATAL);
    CHECK(outcome.error.find("401") != std::string::npos);
    CHECK(outcome.rejected.empty());
}

}  // namespace
}  // namespace heliograph::influxdb_v3::test
