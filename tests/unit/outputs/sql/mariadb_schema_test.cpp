#include "outputs/sql/mariadb_schema.hpp"

#include "outputs/sql/mariadb_rows.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace heliograph::sql;
using Catch::Matchers::Contains;

namespace {

IdentifierRules rules() {
    IdentifierRules made;
    made.quote = '`';
    return made;
}

Identifier name(std::string_view text) {
    return Identifier::existing(rules(), text);
}

Column column(std::string_view text, ColumnType type, Column::Role role) {
    return {name(text), type, role};
}

const Column kTime = column("time", ColumnType::timestamp, Column::Role::time);
const Column kTag = column("po`rt", ColumnType::text, Column::Role::tag);
const Column kPower = column("power", ColumnType::floating, Column::Role::field);
const Column kState = column("state", ColumnType::text, Column::Role::field);

MariadbTable::Entry entry(std::string_view text, ColumnType type, std::size_t characters = 0) {
    MariadbTable::Entry made{name(text), type, ""};
    made.characters = characters;
    made.is_tag_like = characters != 0;
    return made;
}

}  // namespace

TEST_CASE("a table of MariaDB has its time and tags as key, byte by byte", "[unit][sql]") {
    const std::vector columns{kTime, kTag, kPower, kState};
    CHECK(
        create_table_sql(name("a`b"), columns, Key::unique, MariadbProduct::mariadb) ==
        "CREATE TABLE IF NOT EXISTS `a``b` (`time` datetime(6) NOT NULL, `po``rt` varchar(191) CHARACTER SET "
        "utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '', `power` double, `state` longtext CHARACTER "
        "SET "
        "utf8mb4 COLLATE utf8mb4_nopad_bin, PRIMARY KEY (`time`, `po``rt`)) ENGINE=InnoDB "
        "ROW_FORMAT=DYNAMIC");
    CHECK_THAT(create_table_sql(name("t"), columns, Key::none, MariadbProduct::mariadb),
               Contains("KEY (`time`)") && !Contains("PRIMARY"));
    CHECK_THAT(create_table_sql(name("t"), columns, Key::unique, MariadbProduct::mysql),
               Contains("utf8mb4_0900_bin"));
}

TEST_CASE("the tags of a key of MariaDB share its 3,072 bytes", "[unit][sql]") {
    for (std::size_t tags = 1; tags <= 31; ++tags) {
        CAPTURE(tags);
        const std::size_t characters = tag_characters(tags, 8);
        CHECK(characters * 4 * tags + 8 <= 3072);
        CHECK((characters == 191 || (characters + 1) * 4 * tags + 8 > 3072));
    }
    CHECK(tag_characters(0, 8) == 191);
    CHECK(tag_characters(10'000, 8) == 1);
}

TEST_CASE("an insert into MariaDB does on a conflict what the option says", "[unit][sql]") {
    const std::vector columns{kTime, kTag, kPower, kState};
    const std::string plain = "INSERT INTO `t` (`time`, `po``rt`, `power`, `state`) VALUES (?, ?, ?, ?)";
    CHECK(insert_sql(name("t"), columns, OnConflict::append) == plain);
    CHECK(insert_sql(name("t"), columns, OnConflict::ignore) ==
          plain + " ON DUPLICATE KEY UPDATE `time` = `time`");
    CHECK(insert_sql(name("t"), columns, OnConflict::merge) ==
          plain +
              " ON DUPLICATE KEY UPDATE `power` = COALESCE(VALUES(`power`), `power`), `state` = "
              "COALESCE(VALUES(`state`), `state`)");
}

TEST_CASE("a field is added to a table of MariaDB without touching its key", "[unit][sql]") {
    const MariadbTable before{{entry("time", ColumnType::timestamp), entry("port", ColumnType::text, 191)},
                              "PRIMARY",
                              {"time", "port"}};
    CHECK(add_columns_sql(name("t"), before, std::vector{kPower}, rules(), MariadbProduct::mariadb) ==
          "ALTER TABLE `t` ADD COLUMN `power` double");
}

TEST_CASE("a tag is added to a table of MariaDB at the end of its key, in one change", "[unit][sql]") {
    MariadbTable before{{entry("time", ColumnType::timestamp), entry("port", ColumnType::text, 191)},
                        "PRIMARY",
                        {"time", "port"}};
    const Column tag = column("zone", ColumnType::text, Column::Role::tag);
    const auto sql = [&] {
        return add_columns_sql(name("t"), before, std::vector{tag}, rules(), MariadbProduct::mariadb);
    };
    CHECK(sql() ==
          "ALTER TABLE `t` ADD COLUMN `zone` varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin "
          "NOT NULL DEFAULT '', DROP PRIMARY KEY, ADD PRIMARY KEY (`time`, `port`, `zone`)");
    before.key_name = "k";
    CHECK_THAT(sql(), Contains("DROP INDEX `k`, ADD UNIQUE INDEX `k` (`time`, `port`, `zone`)"));
    before.key_name.clear();
    before.key.clear();
    CHECK_THAT(sql(), !Contains("INDEX") && !Contains("KEY"));
    before = {{entry("time", ColumnType::timestamp), entry("a", ColumnType::text, 191),
               entry("b", ColumnType::text, 100), entry("c", ColumnType::text, 191),
               entry("d", ColumnType::text, 191)},
              "PRIMARY",
              {"time", "a", "b", "c", "d"}};
    CHECK_THAT(sql(), Contains("MODIFY `a` varchar(153)") && !Contains("MODIFY `b`") &&
                          Contains("ADD COLUMN `zone` varchar(153)"));
}

TEST_CASE("the types of MariaDB's columns are understood", "[unit][sql]") {
    CHECK(column_type_of("double", "double") == ColumnType::floating);
    CHECK(column_type_of("decimal", "decimal(10,2)") == ColumnType::floating);
    CHECK(column_type_of("tinyint", "tinyint(1)") == ColumnType::boolean);
    CHECK(column_type_of("tinyint", "tinyint(4)") == ColumnType::integer);
    CHECK(column_type_of("bigint", "bigint(20) unsigned") == ColumnType::unsigned_integer);
    CHECK(column_type_of("bit", "bit(8)") == ColumnType::unsigned_integer);
    CHECK(column_type_of("datetime", "datetime(6)") == ColumnType::timestamp);
    CHECK(column_type_of("longtext", "longtext") == ColumnType::text);
    CHECK(column_type_of("geometry", "geometry") == ColumnType::text);
}

TEST_CASE("a table of MariaDB without a key has texts that cannot be NULL as tags", "[unit][sql]") {
    MariadbTable read{{entry("time", ColumnType::timestamp), entry("port", ColumnType::text, 191),
                       entry("power", ColumnType::floating)},
                      "",
                      {}};
    const auto roles = [&] {
        std::vector<Column::Role> found;
        for (const Column& each : read.as_table(name("t")).columns) {
            found.push_back(each.role);
        }
        return found;
    };
    using Role = Column::Role;
    CHECK(roles() == std::vector{Role::time, Role::tag, Role::field});
    read.key_name = "PRIMARY";
    read.key = {"time", "power"};
    CHECK(roles() == std::vector{Role::time, Role::field, Role::tag});
    read.key = {"port", "time"};
    CHECK(roles() == std::vector{Role::tag, Role::tag, Role::field});
}

TEST_CASE("a moment becomes a datetime of MariaDB, rounded down", "[unit][sql]") {
    const auto shown = [](std::int64_t nanoseconds) {
        const MYSQL_TIME time = mysql_time(nanoseconds);
        return std::vector<unsigned long>{time.year,   time.month,  time.day,        time.hour,
                                          time.minute, time.second, time.second_part};
    };
    using Parts = std::vector<unsigned long>;
    CHECK(shown(0) == Parts{1970, 1, 1, 0, 0, 0, 0});
    CHECK(shown(1'782'043'200'123'456'999) == Parts{2026, 6, 21, 12, 0, 0, 123'456});
    CHECK(shown(-1) == Parts{1969, 12, 31, 23, 59, 59, 999'999});
    CHECK(shown(std::numeric_limits<std::int64_t>::min()) == Parts{1677, 9, 21, 0, 12, 43, 145'224});
    CHECK(shown(std::numeric_limits<std::int64_t>::max()) == Parts{2262, 4, 11, 23, 47, 16, 854'775});
}
