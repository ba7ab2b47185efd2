#include "outputs/sql/url.hpp"

#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

using heliograph::sql::parse_url;
using heliograph::sql::SqliteLocation;
using heliograph::sql::UrlProblem;

TEST_CASE("a sqlite URL names a path or memory", "[unit][sql]") {
    const auto path = [](std::string_view url) { return std::get<SqliteLocation>(parse_url(url)).path; };
    CHECK(path("sqlite:///var/lib/solar.db") == "/var/lib/solar.db");
    CHECK(path("sqlite://solar.db") == "solar.db");
    CHECK(path("sqlite://data/solar roof%20.db") == "data/solar roof%20.db");
    CHECK(std::get<SqliteLocation>(parse_url("sqlite::memory:")).in_memory());
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
