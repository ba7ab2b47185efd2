// The servers for tests do what their headers promise, since other tests build on it.
#include "tests/integration/driver/eventually.hpp"
#include "tests/servers/support/influxd_server.hpp"
#include "tests/servers/support/mariadb_server.hpp"
#include "tests/servers/support/postgres_server.hpp"

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

using namespace heliograph::testing;
using Catch::Matchers::Contains;

namespace {

const std::string kFill = "INSERT INTO filled SELECT 1000000 + n, '" + std::string(1000, 'x') + "' FROM ";
const std::string kPostgresFill = kFill + "generate_series(1, 5000) AS n";
const std::string kMariadbFill = kFill + "(SELECT seq AS n FROM seq_1_to_5000) AS s";

/// What PostgreSQL and MariaDB are put through alike.
template <class SqlServer>
void keeps_its_data(SqlServer& server) {
    server.query("CREATE TABLE kept (n int)");
    server.query("INSERT INTO kept VALUES (1), (NULL)");
    const std::uint16_t port = server.port();

    server.stop();
    CHECK_FALSE(server.is_running());
    CHECK_THROWS_AS(server.query("SELECT 1"), std::runtime_error);
    server.start();
    server.kill();
    CHECK_THROWS_AS(server.query("SELECT 1"), std::runtime_error);
    server.start();

    CHECK(server.port() == port);
    CHECK(server.query("SELECT n FROM kept ORDER BY n IS NULL") == Rows{{"1"}, {"NULL"}});
    CHECK(server.value("SELECT count(*) FROM kept") == "2");
}

template <class SqlServer>
void fills_up(SqlServer& server, const std::string& fill, const std::string& error) {
    server.query("CREATE TABLE filled (n int PRIMARY KEY, t text)");
    server.query("INSERT INTO filled VALUES (1, 'a')");
    server.fill_disk();
    CHECK_THROWS_WITH(server.query(fill), Contains(error));
    CHECK(server.value("SELECT count(*) FROM filled") == "1");
    server.free_disk();
    server.query(fill);
    CHECK(server.value("SELECT count(*) FROM filled") == "5001");
    CHECK(server.is_running());
}

bool is_alive(::pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string id;
    std::string name;
    std::string state;
    file >> id >> name >> state;
    return !state.empty() && state != "Z";
}

}  // namespace

TEST_CASE("A PostgreSQL server of a test keeps its port and data when it is stopped or killed",
          "[servers][support]") {
    PostgresServer server;
    keeps_its_data(server);
}

TEST_CASE("A MariaDB server of a test keeps its port and data when it is stopped or killed",
          "[servers][support]") {
    MariadbServer server;
    keeps_its_data(server);
}

TEST_CASE("An InfluxDB server of a test keeps its port and data when it is stopped or killed",
          "[servers][support]") {
    InfluxdServer server;
    REQUIRE(server.request("POST", "/write?db=heliograph", "no line").status == 400);
    REQUIRE(server.request("POST", "/write?db=heliograph", "roof,port=1 power=2.5 7").status == 204);
    server.stop();
    server.start();
    server.kill();
    server.start();
    CHECK(server.query("SELECT * FROM roof") ==
          Rows{{"name", "tags", "time", "port", "power"}, {"roof", "", "7", "1", "2.5"}});
}

TEST_CASE("A restricted InfluxDB server of a test refuses who does not log in", "[servers][support]") {
    InfluxdServer server(InfluxdServer::Access::restricted);
    CHECK(server.request("POST", "/write?db=heliograph", "roof power=2.5 7").status == 401);
    CHECK(server.query("SHOW DATABASES").size() == 2);
}

TEST_CASE("PostgreSQL on a full disk refuses rows and takes them once there is room", "[servers][support]") {
    PostgresServer server;
    fills_up(server, kPostgresFill, "53100");
}

TEST_CASE("MariaDB on a full disk refuses rows and takes them once there is room", "[servers][support]") {
    MariadbServer server;
    fills_up(server, kMariadbFill, "1114");
}

TEST_CASE("A paused server answers once it is resumed", "[servers][support]") {
    PostgresServer server;
    auto session = server.session();
    server.pause();
    server.resume();
    CHECK(session.query("SELECT 1") == Rows{{"1"}});
}

TEST_CASE("A server dies with the test that started it", "[servers][support]") {
    std::array<int, 2> ids{};
    REQUIRE(::pipe(ids.data()) == 0);
    const ::pid_t test = ::fork();
    if (test == 0) {
        const Process server({{"/bin/sleep", "3600"}, {}, "/", "/dev/null", SIGKILL});
        const ::pid_t id = server.id();
        const bool told = ::write(ids[1], &id, sizeof id) == sizeof id;
        ::kill(::getpid(), told ? SIGKILL : SIGABRT);
    }
    ::pid_t server = 0;
    REQUIRE(::read(ids[0], &server, sizeof server) == sizeof server);
    REQUIRE(::waitpid(test, nullptr, 0) == test);
    ::close(ids[0]);
    ::close(ids[1]);
    CHECK(eventually([&] { return !is_alive(server); }));
}

TEST_CASE("A program that is missing is named with its package", "[servers][support]") {
    CHECK_THROWS_WITH(find_program("no_such_server", "no-such-package"),
                      Contains("no_such_server") && Contains("no-such-package") &&
                          Contains("scripts/install-dependencies --test"));
}
