#include "outputs/sql/postgresql_error.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql;
using Catch::Matchers::Contains;

namespace {

PostgresqlReport report(const std::string& code) {
    PostgresqlReport made;
    made.code = code;
    made.message = "it went wrong";
    return made;
}

}  // namespace

TEST_CASE("an SQLSTATE says who can put a failure right", "[unit][sql]") {
    struct Case {
        PostgresqlFailure failure;
        std::vector<std::string> codes;
    };
    const std::vector<Case> cases{
        {PostgresqlFailure::retry,
         {"08006", "25006", "25P02", "40001", "40P01", "53100", "53200", "53300", "55006", "55P03", "57014",
          "57P01", "57P02", "57P03", "58030", "XX000", "?????", ""}},
        {PostgresqlFailure::fatal, {"28P01", "28000", "3D000", "42601", "0A000", "XX001", "57P04", "2BP01"}},
        {PostgresqlFailure::right, {"42501"}},
        {PostgresqlFailure::row,
         {"21000", "22001", "22003", "22021", "22P02", "23502", "23505", "54000", "54011", "44000", "P0001"}},
        {PostgresqlFailure::schema, {"42P01", "42P07", "42P10", "42701", "42703", "42804", "42710", "3F000"}},
    };
    for (const Case& wanted : cases) {
        for (const std::string& code : wanted.codes) {
            CAPTURE(code);
            CHECK(classify(report(code)) == wanted.failure);
        }
    }
}

TEST_CASE("nothing that comes with a lost connection is for good", "[unit][sql]") {
    for (const std::string code : {"", "22003", "42501", "28P01", "0A000"}) {
        PostgresqlReport lost = report(code);
        lost.connection_lost = true;
        CAPTURE(code);
        CHECK(classify(lost) == PostgresqlFailure::retry);
    }
}

TEST_CASE("a violation in the server's own catalog is a race of two writers, not a bad row", "[unit][sql]") {
    PostgresqlReport race = report("23505");
    race.schema = "pg_catalog";
    CHECK(classify(race) == PostgresqlFailure::schema);
}

TEST_CASE("a row without a partition waits for a person, one that fails a check is refused", "[unit][sql]") {
    PostgresqlReport violation = report("23514");
    CHECK(classify(violation) == PostgresqlFailure::fatal);
    CHECK_THROWS_WITH(throw_postgresql_failure(violation, "write"), Contains("add the partition"));
    violation.constraint = "positive";
    CHECK(classify(violation) == PostgresqlFailure::row);
}

TEST_CASE("a failure is thrown as what it calls for, with what to do", "[unit][sql]") {
    CHECK_THROWS_AS(throw_postgresql_failure(report("28P01"), "write"), Fatal);
    CHECK_THROWS_AS(throw_postgresql_failure(report("42501"), "write"), MissingRight);
    CHECK_THROWS_AS(throw_postgresql_failure(report("42P01"), "write"), SchemaChanged);
    CHECK_THROWS_AS(throw_postgresql_failure(report("0A000"), "write"), NotSupported);
    CHECK_THROWS_AS(throw_postgresql_failure(report("22003"), "write"), RowError);
    CHECK_THROWS_AS(throw_postgresql_failure(report("53100"), "write"), Retry);
    CHECK_THROWS_WITH(
        throw_postgresql_failure(report("53100"), "write to table \"port\""),
        "cannot write to table \"port\": it went wrong [53100]; make room on the server's disk");
    PostgresqlReport detailed = report("22003");
    detailed.detail = "too much of it";
    CHECK_THROWS_WITH(throw_postgresql_failure(detailed, "write"),
                      "cannot write: it went wrong (too much of it) [22003]");
}

TEST_CASE("a refused row knows the line that the server named", "[unit][sql]") {
    PostgresqlReport refused = report("22P02");
    refused.context = "COPY heliograph_1, line 17, column c2";
    try {
        throw_postgresql_failure(refused, "write");
    } catch (const RefusedByServer& error) {
        CHECK(error.line() == 17);
    }
}

TEST_CASE("the line of a COPY is read from its context, and from nothing else", "[unit][sql]") {
    CHECK(copy_line("COPY port, line 2, column a") == 2);
    CHECK(copy_line("COPY port, line 123456: \"x\"") == 123456);
    for (const std::string context :
         {"", "COPY", "COPY port", "COPY port, line ", "COPY port, line x", "COPY port, Zeile 2",
          "PL/pgSQL function f() line 3 at RAISE", "COPY port, line 99999999999999999999999"}) {
        CAPTURE(context);
        CHECK(copy_line(context) == 0);
    }
}

TEST_CASE("what the library says of a failed connection is read without codes and places", "[unit][sql]") {
    const PostgresqlReport read = read_connect_message(
        "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password authentication "
        "failed for user \"tg\"\nLOCATION:  auth_failed, auth.c:326\n");
    CHECK(read.code == "28P01");
    CHECK(read.message ==
          "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  password "
          "authentication failed for user \"tg\"");

    const PostgresqlReport without = read_connect_message(
        "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server running "
        "on "
        "that host and accepting TCP/IP connections?\n");
    CHECK(without.code.empty());
    CHECK_THAT(without.message, Contains("Connection refused, Is the server running"));
    CHECK(read_connect_message("").message.empty());
}

TEST_CASE("a connection that cannot be made says what was tried, what came back and what to do",
          "[unit][sql]") {
    const std::string target = "postgresql://tg@db:5432/metrics";
    const auto fails = [&](const std::string& message) { throw_connect_failure(target, message); };
    struct Case {
        std::string message;
        std::string advice;
        bool is_fatal;
    };
    const std::vector<Case> cases{
        {"failed: Connection refused", "that the server runs", false},
        {"could not translate host name \"db\" to address", "name servers", false},
        {"failed: FATAL:  28P01: password authentication failed", "the options user and password", true},
        {"failed: FATAL:  28000: no pg_hba.conf entry for host", "pg_hba.conf", true},
        {"failed: FATAL:  3D000: database \"metrics\" does not exist", "create the database", true},
        {"failed: FATAL:  42501: permission denied for database \"metrics\"", "grant it", true},
        {"failed: FATAL:  53300: sorry, too many clients already", "max_connections", false},
        {"failed: FATAL:  57P03: the database system is starting up", "wait for it", false},
        {"failed: SSL error: certificate verify failed", "tls_ca_file", true},
        {"failed: server does not support SSL, but SSL was required", "tls = \"off\"", true},
        {"failed: fe_sendauth: no password supplied", "set the option password", true},
        {"something new", "check the host and port of the url", false},
    };
    for (const Case& wanted : cases) {
        CAPTURE(wanted.message);
        CHECK_THROWS_WITH(fails(wanted.message), Contains(target) && Contains(wanted.advice));
        if (wanted.is_fatal) {
            CHECK_THROWS_AS(fails(wanted.message), Fatal);
        } else {
            CHECK_THROWS_AS(fails(wanted.message), Retry);
        }
    }
}
