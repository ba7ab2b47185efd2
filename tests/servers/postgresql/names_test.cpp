// Names that somebody chose to do harm: stored and read back from PostgreSQL, or rejected with the reason,
// and no other row is touched.
#include "tests/servers/postgresql/postgres_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql::test;

namespace {

using namespace std::string_literals;

const std::vector<std::string>& names_from_hell() {
    static const std::vector<std::string> names{
        "'; DROP TABLE witness; --",
        "\"; DROP TABLE witness; --",
        "\"",
        "\"\"",
        "'",
        "''",
        "\\",
        "\\'",
        "`",
        "$$",
        "%s",
        "{table}",
        "{columns}",
        "a\0b"s,
        "\0"s,
        "line\nbreak",
        "tab\tstop",
        " ",
        " leading",
        "trailing ",
        ".",
        "..",
        "public.witness",
        "/* comment",
        "-- comment",
        std::string(200, 'x'),
        std::string(200, 'x') + "y",
        std::string(63, 'z'),
        std::string(64, 'z'),
        "🌞🌞🌞",
        "🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞",
        "Ünïcödé",
        "\xff\xfe",
        "a\xe2\x80",
        "select",
        "table",
        "user",
        "order",
        "time",
        "Time",
        "TIME",
        "tags",
        "ctid",
        "xmin",
        "tableoid",
        "oid",
        "pg_class",
        "PG_class",
        "pg_temp",
        "heliograph_1",
        "host",
        "Host",
        "HOST",
        "witness ",
        "current_user",
        "NULL",
        "1",
        "-1",
    };
    return names;
}

/// Every row of every table in one text each.
std::vector<std::string> all_rows(PostgresFixture& fixture) {
    std::vector<std::string> rows;
    const auto tables =
        fixture.query("SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'");
    for (const auto& table : tables) {
        for (const auto& row : fixture.query("SELECT r::text FROM public." + table.at(0) + " r")) {
            rows.push_back(row.at(0));
        }
    }
    return rows;
}

std::size_t count_with(const std::vector<std::string>& rows, const std::string& text) {
    std::size_t count = 0;
    for (const std::string& row : rows) {
        count += row.find(text) == std::string::npos ? 0U : 1U;
    }
    return count;
}

}  // namespace

TEST_CASE("names from hell are stored in PostgreSQL or rejected with the reason, and touch no other row",
          "[servers][postgresql]") {
    const std::string layout = GENERATE(values<std::string>({"columns", "jsonb"}));
    DYNAMIC_SECTION(layout) {
        PostgresFixture fixture(testkit::Settings{{"layout", layout}});
        fixture.batch.batch().add("witness", 1, 1).tag("host", "roof").field("power", 42.0).time(kNoon);
        REQUIRE(fixture.write().ok());
        fixture.batch.reset();

        // A value that nothing else has tells each metric.
        std::size_t number = 100'000;
        const auto unique = [&] { return "u" + std::to_string(number++) + "u"; };
        Batch batch = fixture.batch.batch();
        for (const std::string& name : names_from_hell()) {
            const std::string_view view(name);
            batch.add(view, 1, 1).tag("host", "roof").field("value", unique()).time(kNoon);
            // A table for each: a key has a limited number of tags.
            const std::string by_tag = "by_tag_" + std::to_string(batch.size());
            batch.add(std::string_view(by_tag), 1, 1)
                .tag(view, "v" + name)
                .field("value", unique())
                .time(kNoon);
            batch.add("by_field", 1, 1).tag("host", "roof").field(view, unique()).time(kNoon + kSecond);
        }
        const auto outcome = fixture.write();
        INFO(outcome.error);
        REQUIRE(outcome.ok());
        CHECK(outcome.rejected.empty());
        const std::vector<std::string> rows = all_rows(fixture);
        std::size_t missing = 0;
        for (std::size_t i = 0; i < fixture.batch.size(); ++i) {
            const std::size_t found = count_with(rows, "u" + std::to_string(100'000 + i) + "u");
            if (found != 1) {
                UNSCOPED_INFO("metric " << i << ", " << names_from_hell()[i / 3] << ": found " << found);
                ++missing;
            }
        }
        CHECK(missing == 0);
        CHECK(fixture.query("SELECT power FROM witness") == testing::Rows{{"42"}});

        // Once more: every name leads to the same place.
        const std::size_t stored = rows.size();
        REQUIRE(fixture.write().ok());
        CHECK(all_rows(fixture).size() == stored);
    }
}

TEST_CASE("more tags than a key can have are rejected, and the rest of the batch is stored",
          "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.add(kNoon, "a", 1);
    {
        auto metric = fixture.batch.batch().add("port", 40, 1);
        for (int i = 0; i < 40; ++i) {
            const std::string key = "tag_" + std::to_string(100 + i);
            metric.tag(std::string_view(key), "x");
        }
        metric.field("power", 1.0).time(kNoon);
    }
    fixture.add(kNoon, "b", 1);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(1), Catch::Matchers::Contains("42 columns in its key, more than the 32"));
    CHECK(fixture.value("SELECT count(*) FROM port") == "2");
}
