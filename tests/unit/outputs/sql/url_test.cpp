#include "outputs/sql/url.hpp"

#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

using heliograph::sql::parse_url;
using heliograph::sql::ServerLocation;
using heliograph::sql::SqliteLocation;
using heliograph::sql::UrlProblem;

TEST_CASE("a sqlite URL names a path or memory", "[unit][sql]") {
    const auto path = [](std::string_view url) { return std::get<SqliteLocation>(parse_url(url)).path; };
    CHECK(path("sqlite:///var/lib/solar.db") == "/var/lib/solar.db");
    CHECK(path("sqlite://solar.db") == "solar.db");
    CHECK(path("sqlite://data/solar roof%20.db") == "data/solar roof%20.db");
    CHECK(std::get<SqliteLocation>(parse_url("sqlite::memory:")).in_memory());
}

TEST_CASE("a server URL gives each of its parts", "[unit][sql]") {
    struct Case {
        std::string url;
        ServerLocation expected;
    };
    constexpr auto kPostgresql = ServerLocation::Product::postgresql;
    constexpr auto kMariadb = ServerLocation::Product::mariadb;
    const auto c = GENERATE_COPY(values<Case>({
        {"postgresql://me:secret@db.example:5433/solar",
         {kPostgresql, "db.example", 5433, "solar", "me", "secret"}},
        {"postgres://db/solar", {kPostgresql, "db", 0, "solar", "", ""}},
        {"Postgres://db/solar", {kPostgresql, "db", 0, "solar", "", ""}},
        {"MariaDB://db", {kMariadb, "db", 0, "", "", ""}},
        {"mariadb://me@db", {kMariadb, "db", 0, "", "me", ""}},
        {"mysql://db:3306/", {kMariadb, "db", 3306, "", "", ""}},
        {"postgresql://", {kPostgresql, "", 0, "", "", ""}},
        {"postgresql://[::1]/solar", {kPostgresql, "::1", 0, "solar", "", ""}},
        {"postgresql://me:p@[fe80::1%25eth0]:5432/s", {kPostgresql, "fe80::1%eth0", 5432, "s", "me", "p"}},
        {"postgresql:///solar?host=/run/postgresql", {kPostgresql, "/run/postgresql", 0, "solar", "", ""}},
        {"postgresql://%2Frun%2Fpostgresql/solar", {kPostgresql, "/run/postgresql", 0, "solar", "", ""}},
        {"mariadb://m%65:p%40%3A%2f%25@h/a%2Fb", {kMariadb, "h", 0, "a/b", "me", "p@:/%"}},
        {"mariadb://me:p@ss:word@h/db", {kMariadb, "h", 0, "db", "me", "p@ss:word"}},
        {"mariadb://:pass@h/db", {kMariadb, "h", 0, "db", "", "pass"}},
    }));
    CAPTURE(c.url);
    const auto parsed = parse_url(c.url);
    REQUIRE(std::holds_alternative<ServerLocation>(parsed));
    const auto& found = std::get<ServerLocation>(parsed);
    CHECK(found.product == c.expected.product);
    CHECK(found.host == c.expected.host);
    CHECK(found.port == c.expected.port);
    CHECK(found.database == c.expected.database);
    CHECK(found.user == c.expected.user);
    CHECK(found.password == c.expected.password);
}

TEST_CASE("a URL that names no database is refused with what to write", "[unit][sql]") {
    struct Case {
        std::string url;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({{"", "does not begin with the name"},
                                          {"/var/lib/solar.db", "does not begin with the name"},
                                          {"sqlite:", "two slashes"},
                                          {"sqlite:/var/x.db", "two slashes"},
                                          {"sqlite://", "names no file"},
                                          {"sqlite:///var/lib/", "names no file"},
                                          {"sqlite://:memory:", "no slashes"},
                                          {"sqlite://x.db?mode=ro", "contains a \"?\""},
                                          {"postgresql:/hunter2", "two slashes"},
                                          {"postgresql://me:hunter2@h:0/x", "the port"},
                                          {"postgresql://me:hunter2@h:65536/x", "the port"},
                                          {"postgresql://me:hunter2/x@h/x", "the port"},
                                          {"mariadb://me:hunter2@h/x/y", "contains a \"/\""},
                                          {"mariadb://me:hunter2%4@h/x", "the password contains a \"%\""},
                                          {"mariadb://me:hunter2%00@h/x", "password contains a NUL"},
                                          {"mariadb://me:hunter2%zz@h/x", "two hexadecimal digits"},
                                          {"mariadb://me:hunter2#@h/x", "contains a \"#\""},
                                          {"mariadb://me:hunter2@::1/x", "more than one \":\""},
                                          {"mariadb://me:hunter2@[::1/x", "\"]\" after the address"},
                                          {"mariadb://me:hunter2@[::1]hunter2/x", "other than a port"},
                                          {"mariadb://h/x?password=hunter2", "other than \"host\""},
                                          {"mariadb://h/x?host=hunter2", "a host twice"},
                                          {"mongodb://me:hunter2@host/x", "\"mongodb\" is not"}}));
    CAPTURE(c.url);
    const UrlProblem problem = std::get<UrlProblem>(parse_url(c.url));
    CHECK_THAT(problem.message, Catch::Contains(c.message));
    CHECK_FALSE(problem.hint.empty());
    CHECK_THAT(problem.message + problem.hint, !Catch::Contains("hunter2"));
}

TEST_CASE("check reports an engine that is not known and names those that are", "[unit][sql]") {
    heliograph::testkit::RecordingHost host;
    heliograph::testkit::PluginUnderTest output(heliograph::sql::test::SqlFixture::descriptor(), host,
                                                {{"url", "oracle://scott:tiger@host/x"}});
    const auto problems = output.check();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].option == "url");
    CHECK_THAT(problems[0].message, Catch::Contains("known: sqlite") && !Catch::Contains("tiger"));
    const auto opened = output.open();
    CHECK(opened.status == HG_FATAL);
    CHECK_THAT(opened.error, !Catch::Contains("tiger"));
}
