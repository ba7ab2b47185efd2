// Who may not come in to MariaDB is told why, without a word of the password, and metrics wait.
#include "tests/servers/mariadb/mariadb_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace heliograph;
using namespace heliograph::sql::test;
using Catch::Matchers::Contains;
using testing::MariadbServer;

TEST_CASE("What MariaDB says of a login is passed on with what to do, and metrics wait for the right one",
          "[servers][mariadb]") {
    struct Case {
        std::string name;
        testkit::Settings settings;
        std::int32_t status;
        std::string said;
        std::string advice;
    };
    MariadbFixture fixture;
    const std::string port = std::to_string(fixture.server.port());
    const auto c = GENERATE_COPY(values<Case>({
        {"wrong password",
         {{"password", "moonless"}},
         HG_FATAL,
         "Access denied for user 'heliograph'",
         "check user and password"},
        {"unknown user",
         {{"user", "nobody"}},
         HG_FATAL,
         "as 'nobody': Access denied",
         "check user and password"},
        {"unknown database",
         {{"url", "mariadb://127.0.0.1:" + port + "/nowhere"}, {"user", "anybody"}, {"password", "any one"}},
         HG_FATAL,
         "Unknown database 'nowhere'",
         "create the database"},
        {"no right in the database",
         {{"url", "mariadb://127.0.0.1:" + port + "/mysql"}},
         HG_FATAL,
         "Access denied for user 'heliograph'@'%' to database 'mysql'",
         "grant this user"},
        {"no database",
         {{"url", "mariadb://127.0.0.1:" + port}},
         HG_FATAL,
         "names no database",
         "mariadb://host/database"},
        {"nobody listens",
         {{"url", "mariadb://127.0.0.1:1/solar"}},
         HG_RETRY,
         "Can't connect to server",
         "check that the server runs"},
        {"no such host",
         {{"url", "mariadb://no-such-host.invalid/solar"}},
         HG_RETRY,
         "the server at no-such-host.invalid:3306",
         "there is no such host"},
        {"no TLS", {{"tls", "require"}}, HG_FATAL, "the server offers no TLS", "set tls to \"prefer\""},
    }));
    DYNAMIC_SECTION(c.name) {
        if (c.name == "unknown database") {
            fixture.server.query("CREATE OR REPLACE USER anybody@'%' IDENTIFIED BY 'any one'", "");
            fixture.server.query("GRANT ALL ON *.* TO anybody@'%'", "");
        }
        fixture.add(kNoon, "1", 1.0);
        testkit::PluginUnderTest other(MariadbFixture::descriptor(), fixture.host,
                                       fixture.settings(c.settings));
        const auto outcome = other.write(fixture.batch.metrics());
        CHECK(outcome.status == c.status);
        CHECK(outcome.rejected.empty());
        CHECK_THAT(outcome.error, Contains(c.said) && Contains(c.advice) && !Contains("moonless") &&
                                      !Contains(MariadbServer::kPassword));
    }
}

TEST_CASE("A password that is put right on MariaDB ends the refusals", "[servers][mariadb]") {
    MariadbFixture fixture(testkit::Settings{{"password", "moonless"}});
    fixture.add(kNoon, "1", 1.0);
    CHECK(fixture.write().status == HG_FATAL);
    fixture.query("ALTER USER heliograph IDENTIFIED BY 'moonless'");
    const auto outcome = fixture.write();
    fixture.query(std::string("ALTER USER heliograph IDENTIFIED BY '") + MariadbServer::kPassword + "'");
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(fixture.value("SELECT count(*) FROM port") == "1");
}
