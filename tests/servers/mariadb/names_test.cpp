// Names from the network reach MariaDB as they are, or in another form, and never do anything else.
#include "tests/servers/mariadb/mariadb_fixture.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql::test;

namespace {

struct Hell {
    std::string name;
    std::string raw;
};

std::vector<Hell> names_from_hell() {
    using namespace std::string_literals;
    std::string chinese;
    for (int i = 0; i < 64; ++i) {
        chinese += "漢";
    }
    return {{"a quote", "a'b"},
            {"a double quote", "a\"b"},
            {"a backtick", "a`b"},
            {"two backticks", "``"},
            {"a backslash", "a\\b\\"},
            {"NUL", "a\0b"s},
            {"a control character", "a\x01\nb"},
            {"200 bytes", std::string(200, 'x')},
            {"64 characters of three bytes", chinese},
            {"a reserved word", "select"},
            {"another reserved word", "key"},
            {"emoji", "🌞 power 🌞"},
            {"drop table", "'; DROP TABLE victim; --"},
            {"drop table by backtick", "`; DROP TABLE victim; -- "},
            {"a question mark", "what? is :this and $1"},
            {"a comment", "/* a */ -- b # c"},
            {"a percent sign", "100%s %n"},
            {"a placeholder", "{table}{COLUMNS}"},
            {"a dot and a slash", "../a.b/c"},
            {"a space at the end", "a "},
            {"a space at the begin", " a"},
            {"only spaces", "  "},
            {"a file's name", "#mysql50#a"},
            {"a temporary table's name", "#sql-1"},
            {"invalid UTF-8",
             "a\xff\xfe"
             "b"},
            {"half a character", "a\xe6\xbc"},
            {"an accent", "é"},
            {"time", "time"},
            {"TIME", "TIME"},
            {"digits", "12345"},
            {"a number", "1e5"}};
}

}  // namespace

TEST_CASE("Names from hell are stored and read back from MariaDB, and touch no other table",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.query("CREATE TABLE victim (n int)");
    fixture.query("INSERT INTO victim VALUES (1)");
    for (const Hell& hell : names_from_hell()) {
        DYNAMIC_SECTION(hell.name << " as measurement, tag, field and value") {
            const std::string_view raw = hell.raw;
            Batch batch = fixture.batch.batch();
            batch.add(raw).tag("host", "a").field("power", 1.0).time(kNoon);
            batch.add("tagged").tag(raw, raw.substr(0, 190)).field("power", 2.0).time(kNoon);
            batch.add("fielded").field(raw, 3.5).field("text", raw).time(kNoon);
            const auto outcome = fixture.write();
            INFO(outcome.error);
            REQUIRE(outcome.ok());
            // A table's name becomes a file's, where such a character takes five bytes.
            const bool is_too_long = hell.name == "64 characters of three bytes";
            CHECK(outcome.rejected.size() == (is_too_long ? 1 : 0));
            for (const auto& [index, reason] : outcome.rejected) {
                CHECK(index == 0);
                CHECK_THAT(reason, Catch::Matchers::Contains("File name too long"));
            }
            REQUIRE(fixture.write().ok());  // the same names again: the same places

            const auto tables = fixture.query(
                "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY "
                "TABLE_NAME IN ('victim', 'tagged', 'fielded')");
            REQUIRE(tables.size() == (is_too_long ? 3 : 4));
            if (!is_too_long) {
                std::string quoted = "`";
                for (const char c : tables[0][0]) {
                    quoted += c == '`' ? "``" : std::string(1, c);
                }
                CHECK(fixture.query("SELECT power FROM " + quoted + "`") == testing::Rows{{"1"}});
            }
            const auto tagged = fixture.query("SELECT * FROM tagged");
            REQUIRE(tagged.size() == 1);
            CHECK(tagged[0].size() == 3);
            const auto fielded = fixture.query("SELECT * FROM fielded");
            REQUIRE(fielded.size() == 1);
            REQUIRE(fielded[0].size() == 3);
            CHECK(fielded[0][1] == "3.5");
            CHECK(fixture.query("SELECT n FROM victim") == testing::Rows{{"1"}});
        }
    }
}

TEST_CASE("Names that MariaDB takes for one another get columns of their own", "[servers][mariadb]") {
    MariadbFixture fixture;
    Batch batch = fixture.batch.batch();
    batch.add("port").tag("host", "a").field("Power", 1.0).field("power", 2.0).field("HOST", 3.0).time(kNoon);
    batch.add("port").tag("host", "a").field("e", 4.0).field("é", 5.0).field("E", 6.0).time(kNoon + 1'000);
    batch.add("PORT").tag("host", "a").field("power", 7.0).time(kNoon);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    const auto rows = fixture.query("SELECT * FROM port ORDER BY time");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].size() == 8);
    std::multiset<std::string> values(rows[0].begin() + 2, rows[0].end());
    values.insert(rows[1].begin() + 2, rows[1].end());
    CHECK(values == std::multiset<std::string>{"1", "2", "3", "4", "5", "6", "NULL", "NULL", "NULL", "NULL",
                                               "NULL", "NULL"});
    CHECK(fixture.query("SELECT power FROM `PORT`") == testing::Rows{{"7"}});
}
