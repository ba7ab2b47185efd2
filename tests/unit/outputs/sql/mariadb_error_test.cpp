#include "outputs/sql/mariadb_error.hpp"

#include "outputs/sql/engine.hpp"

#include <heliograph/errors.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace heliograph;
using namespace heliograph::sql;
using Catch::Matchers::Contains;

TEST_CASE("every error of MariaDB has its answer", "[unit][sql]") {
    struct Case {
        std::string name;
        unsigned number;
        std::string state;
        std::string message;
        MariadbFailure answer;
    };
    const auto c = GENERATE(values<Case>({
        {"refused", 2002, "HY000", "Can't connect to server on 'db' (111)", MariadbFailure::retry},
        {"no such host", 2005, "HY000", "Unknown server host 'db' (-2)", MariadbFailure::retry},
        {"gone", 2006, "HY000", "Server has gone away", MariadbFailure::retry},
        {"lost", 2013, "HY000", "Lost connection to server during query", MariadbFailure::retry},
        {"too many connections", 1040, "08004", "Too many connections", MariadbFailure::retry},
        {"deadlock", 1213, "40001", "Deadlock found", MariadbFailure::retry},
        {"lock wait", 1205, "HY000", "Lock wait timeout exceeded", MariadbFailure::retry},
        {"read-only", 1290, "HY000", "running with the --read-only option", MariadbFailure::retry},
        {"disk full", 1114, "HY000", "The table 'port' is full", MariadbFailure::retry},
        {"no room for a table", 1005, "HY000", "Can't create table (errno: 28 \"No space left on device\")",
         MariadbFailure::retry},
        {"a table's name is too long for a file", 1005, "HY000",
         "Can't create table (errno: 36 \"File name too long\")", MariadbFailure::row},
        {"no room, of an unlisted error", 1030, "HY000",
         "Got error 28 \"No space left on device\" from storage", MariadbFailure::retry},
        {"wrong password", 1045, "28000", "Access denied", MariadbFailure::fatal},
        {"unknown database", 1049, "42000", "Unknown database 'solar'", MariadbFailure::fatal},
        {"TLS", 2026, "HY000", "TLS/SSL error", MariadbFailure::fatal},
        {"no right on the database", 1044, "42000", "Access denied to database", MariadbFailure::right},
        {"no right on the table", 1142, "42000", "INSERT command denied", MariadbFailure::right},
        {"unknown column", 1054, "42S22", "Unknown column 'x'", MariadbFailure::schema},
        {"no such table", 1146, "42S02", "Table doesn't exist", MariadbFailure::schema},
        {"too long", 1406, "22001", "Data too long", MariadbFailure::row},
        {"out of range", 1264, "22003", "Out of range", MariadbFailure::row},
        {"constraint", 4025, "23000", "CONSTRAINT failed", MariadbFailure::row},
        {"an unlisted error about data", 1411, "22007", "Incorrect value", MariadbFailure::row},
        {"an unlisted error about a constraint", 1452, "23000", "a foreign key fails", MariadbFailure::row},
        {"an unlisted error", 1999, "HY000", "Whatever", MariadbFailure::retry},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(classify({c.number, c.state, c.message}) == c.answer);
    }
}

TEST_CASE("an error of MariaDB is thrown as what it is", "[unit][sql]") {
    const auto thrown = [](unsigned number, MariadbWork work) {
        throw_mariadb_failure({number, "HY000", "said so"}, "write", work);
    };
    CHECK_THROWS_AS(thrown(2006, MariadbWork::data), Retry);
    CHECK_THROWS_AS(thrown(1045, MariadbWork::data), Fatal);
    CHECK_THROWS_AS(thrown(1406, MariadbWork::data), RowError);
    CHECK_THROWS_AS(thrown(1146, MariadbWork::data), SchemaChanged);
    CHECK_THROWS_AS(thrown(1142, MariadbWork::data), Fatal);
    CHECK_THROWS_AS(thrown(1142, MariadbWork::schema), MissingRight);
}

TEST_CASE("an error of MariaDB says what was done, what came back and what to do", "[unit][sql]") {
    const std::string text = describe({1049, "42000", "Unknown database 'solar'"}, "connect to db:3306");
    CHECK(text ==
          "cannot connect to db:3306: Unknown database 'solar' (error 1049); create the database, or correct "
          "its name in the url");
    CHECK(describe({1213, "40001", "Deadlock"}, "write") == "cannot write: Deadlock (error 1213)");
    CHECK_THAT(describe({1030, "HY000", "Got error 28"}, "write"), Contains("make room on the disk"));
}

TEST_CASE("the errors of the client library end a connection of MariaDB, those of the server do not",
          "[unit][sql]") {
    CHECK(ends_connection(2006));
    CHECK(ends_connection(2013));
    CHECK(ends_connection(1927));
    CHECK_FALSE(ends_connection(1406));
    CHECK_FALSE(ends_connection(1213));
}
