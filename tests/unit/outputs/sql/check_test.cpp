// Options that do not fit together are found before anything is started.
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

using namespace heliograph;
using testkit::Settings;

namespace {

std::vector<testkit::ReportedProblem> check(const Settings& settings) {
    testkit::RecordingHost host;
    return testkit::PluginUnderTest(sql::test::SqlFixture::descriptor(), host, settings).check();
}

}  // namespace

TEST_CASE("options that fit together have no problem", "[unit][sql]") {
    const auto settings = GENERATE(values<Settings>({
        {{"url", "sqlite::memory:"}, {"keep", std::chrono::nanoseconds(std::chrono::hours(1))}},
        {{"url", "postgresql://me:x@h/d"}, {"layout", "jsonb"}, {"on_conflict", "append"}},
        {{"url", "postgresql://me@h/d"}, {"user", "me"}, {"password", "x"}, {"time_format", "timestamp"}},
        {{"url", "mariadb://h/d"},
         {"user", "me"},
         {"password", "x"},
         {"tls", "verify"},
         {"tls_ca_file", "/ca"}},
        {{"url", "mariadb://h/d"}, {"tls_certificate_file", "/c"}, {"tls_key_file", "/k"}},
        {{"url", "postgresql://"}, {"create_table", "CREATE TABLE {table} ({columns}, PRIMARY KEY ({key}))"}},
    }));
    CHECK(check(settings).empty());
}

TEST_CASE("options that do not fit together are reported without any secret", "[unit][sql]") {
    struct Case {
        Settings settings;
        std::string option;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {{{"url", "sqlite::memory:"}, {"layout", "jsonb"}}, "layout", "only PostgreSQL"},
        {{{"url", "mariadb://me@h/d"}, {"layout", "jsonb"}}, "layout", "only PostgreSQL"},
        {{{"url", "sqlite::memory:"}, {"time_format", "timestamp"}}, "time_format", "SQLite has no type"},
        {{{"url", "mariadb://me@h"}}, "url", "names no database"},
        {{{"url", "mariadb://me@h/d"}, {"user", "you"}}, "user", "the URL names another user"},
        {{{"url", "mariadb://me:tiger@h/d"}, {"password", "lion"}}, "password", "another password"},
        {{{"url", "mariadb://:tiger@h/d"}}, "password", "no user"},
        {{{"url", "postgresql://h/d"}, {"password", "tiger"}}, "password", "no user"},
        {{{"url", "postgresql://h/d"}, {"tls_ca_file", "/ca"}}, "tls_ca_file", "not verified"},
        {{{"url", "postgresql://h/d"}, {"tls_key_file", "/k"}}, "tls_key_file", "needs its key"},
        {{{"url", "postgresql://h/d"}, {"tls_certificate_file", "/c"}},
         "tls_certificate_file",
         "needs its key"},
        {{{"url", "postgresql://h/d"},
          {"tls", "off"},
          {"tls_certificate_file", "/c"},
          {"tls_key_file", "/k"}},
         "tls_certificate_file",
         "no effect"},
        {{{"url", "postgresql://h/d"}, {"create_table", "CREATE TABLE {table} (x)"}},
         "create_table",
         "does not contain {columns}"},
        {{{"url", "postgresql://h/d"}, {"after_create", TextMap{{"p*", " ; "}}}}, "after_create", "no SQL"},
    }));
    CAPTURE(c.option, c.message);
    const auto problems = check(c.settings);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].option == c.option);
    CHECK_THAT(problems[0].message, Catch::Contains(c.message));
    CHECK_FALSE(problems[0].hint.empty());
    CHECK_THAT(problems[0].message + problems[0].hint, !Catch::Contains("tiger") && !Catch::Contains("lion"));
}
