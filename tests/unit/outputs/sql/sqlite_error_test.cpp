#include "outputs/sql/sqlite_error.hpp"

#include "outputs/sql/engine.hpp"

#include <heliograph/errors.hpp>

#include <catch2/catch.hpp>
#include <sqlite3.h>

using namespace heliograph::sql;

TEST_CASE("the codes of SQLite are told apart by who can put them right", "[unit][sql]") {
    for (const int code : {SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_IOERR_WRITE,
                           SQLITE_FULL, SQLITE_READONLY, SQLITE_READONLY_DBMOVED, SQLITE_CANTOPEN,
                           SQLITE_CANTOPEN_ISDIR, SQLITE_PERM, SQLITE_PROTOCOL, SQLITE_NOMEM}) {
        CAPTURE(code);
        CHECK(classify(code, "x") == SqliteFailure::retry);
    }
    for (const int code : {SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_NOTADB, SQLITE_FORMAT}) {
        CAPTURE(code);
        CHECK(classify(code, "x") == SqliteFailure::fatal);
    }
    for (const int code : {SQLITE_CONSTRAINT, SQLITE_CONSTRAINT_CHECK, SQLITE_CONSTRAINT_TRIGGER,
                           SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_ERROR}) {
        CAPTURE(code);
        CHECK(classify(code, "x") == SqliteFailure::row);
    }
    CHECK(classify(SQLITE_ERROR, "no such table: port") == SqliteFailure::schema);
    CHECK(classify(SQLITE_ERROR, "table port has no column named power") == SqliteFailure::schema);
    CHECK(classify(SQLITE_SCHEMA, "") == SqliteFailure::schema);
    CHECK(classify(SQLITE_INTERRUPT, "interrupted") == SqliteFailure::stopped);
}

TEST_CASE("a failure says what was done, what was found and what to do", "[unit][sql]") {
    CHECK_THROWS_WITH(throw_sqlite_failure(SQLITE_FULL, "database or disk is full", "write a row"),
                      "cannot write a row: database or disk is full; make room on the disk");
    CHECK_THROWS_AS(throw_sqlite_failure(SQLITE_FULL, "", ""), heliograph::Retry);
    CHECK_THROWS_AS(throw_sqlite_failure(SQLITE_NOTADB, "", ""), heliograph::Fatal);
    CHECK_THROWS_AS(throw_sqlite_failure(SQLITE_CONSTRAINT, "", ""), RowError);
    CHECK_THROWS_AS(throw_sqlite_failure(SQLITE_SCHEMA, "", ""), SchemaChanged);
    CHECK_THROWS_AS(throw_sqlite_failure(SQLITE_INTERRUPT, "", ""), heliograph::Stopped);
}
