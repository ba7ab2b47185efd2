// A connection to MariaDB that is protected by TLS keeps its promises: who is believed, and how long is
// waited.
#include "tests/integration/driver/eventually.hpp"
#include "tests/servers/mariadb/mariadb_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

using namespace heliograph;
using namespace heliograph::sql::test;
using Catch::Matchers::Contains;
using testing::MariadbServer;

namespace {

/// A certificate for 127.0.0.1 that signs itself, and its key.
class Certificate {
public:
    Certificate() {
        char folder[] = "/tmp/heliograph-tls-XXXXXX";
        REQUIRE(::mkdtemp(folder) != nullptr);
        folder_ = folder;
        const std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
            "/CN=127.0.0.1 "
            "-addext subjectAltName=IP:127.0.0.1 -keyout " +
            key() + " -out " + file() + " 2>/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);  // the program comes with the package ca-certificates
        // For the server, which runs as somebody else.
        REQUIRE(::chmod(folder, 0755) == 0);
        REQUIRE(::chmod(key().c_str(), 0644) == 0);
    }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;
    ~Certificate() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    [[nodiscard]] std::string file() const { return (folder_ / "certificate.pem").string(); }
    [[nodiscard]] std::string key() const { return (folder_ / "key.pem").string(); }

private:
    std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("A connection to MariaDB by TLS believes only whom it should, and waits no longer than without",
          "[servers][mariadb]") {
    const Certificate certificate;
    const Certificate stranger;
    MariadbServer server({"--ssl-cert=" + certificate.file(), "--ssl-key=" + certificate.key()});
    const auto second = std::chrono::nanoseconds(std::chrono::seconds(1));
    MariadbFixture fixture(
        {{"tls", "verify"}, {"tls_ca_file", certificate.file()}, {"statement_timeout", second}}, server);
    fixture.query("CREATE USER safe IDENTIFIED BY 'x' REQUIRE SSL");
    fixture.query("GRANT ALL ON " + fixture.database + ".* TO safe");
    fixture.add(kNoon, "1", 1.0);
    const auto outcome_of = [&](const testkit::Settings& settings) {
        testkit::PluginUnderTest output(MariadbFixture::descriptor(), fixture.host,
                                        fixture.settings(settings));
        return output.write(fixture.batch.metrics());
    };
    const auto verified = fixture.write();
    INFO(verified.error);
    REQUIRE(verified.ok());
    CHECK(outcome_of({{"tls", "require"}}).ok());
    CHECK(outcome_of({{"user", "safe"}, {"password", "x"}}).ok());
    CHECK(outcome_of({{"user", "safe"}, {"password", "x"}, {"tls", "off"}}).status == HG_FATAL);
    server.pause();
    const auto unanswered = fixture.write();
    CHECK(unanswered.status == HG_RETRY);
    CHECK_THAT(unanswered.error, Contains("did not answer in time"));
    server.resume();
    REQUIRE(testing::eventually([&] { return fixture.write().ok(); }));

    testkit::PluginUnderTest patient(
        MariadbFixture::descriptor(), fixture.host,
        fixture.settings(
            {{"tls", "require"}, {"statement_timeout", std::chrono::nanoseconds(std::chrono::minutes(5))}}));
    REQUIRE(patient.write(fixture.batch.metrics()).ok());
    server.pause();
    std::atomic<bool> ended{false};
    testkit::WriteOutcome outcome;
    std::thread writer([&] {
        outcome = patient.write(fixture.batch.metrics());
        ended = true;
    });
    const bool came_back = testing::eventually([&] {
        patient.interrupt();
        return ended.load();
    });
    server.resume();
    writer.join();
    CHECK(came_back);
    CHECK(outcome.status == HG_STOPPED);
    CHECK(patient.write(fixture.batch.metrics()).ok());

    const auto doubted = outcome_of({{"tls", "verify"}, {"tls_ca_file", stranger.file()}});
    CHECK(doubted.status == HG_FATAL);
    CHECK_THAT(doubted.error, Contains("check the tls options and the server's certificate"));
}
