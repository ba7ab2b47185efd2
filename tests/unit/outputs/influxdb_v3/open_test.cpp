#include "tests/unit/outputs/influxdb_v3/influxdb_fixture.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace heliograph::influxdb_v3::test {
namespace {

using testkit::InfluxDb3Fault;
using testkit::InfluxDb3Settings;
using testkit::Settings;
using namespace std::chrono_literals;

/// A file that is gone at the end.
class TokenFile {
public:
    explicit TokenFile(const std::string& content) {
        std::string name = (std::filesystem::temp_directory_path() / "heliograph-token-XXXXXX").string();
        const int descriptor = mkstemp(name.data());
        REQUIRE(descriptor >= 0);
        ::close(descriptor);
        path_ = name;
        write(content);
    }
    TokenFile(const TokenFile&) = delete;
    TokenFile& operator=(const TokenFile&) = delete;
    ~TokenFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    void write(const std::string& content) const { std::ofstream(path_) << content; }
    void remove() const { std::filesystem::remove(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

bool log_contains(const testkit::RecordingHost& host, const std::string& text) {
    const auto lines = host.log();
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.text.find(text) != std::string::npos; });
}

TEST_CASE("Opening says once where it writes to", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 1);
    CHECK(fixture.write().ok());
    CHECK(fixture.write().ok());
    const auto lines = fixture.host.log();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].level == LogLevel::info);
    CHECK(lines[0].text ==
          "InfluxDB writer initialized: 127.0.0.1:" + std::to_string(fixture.server.port()) + "/solar");
}

TEST_CASE("A ping that is refused for want of a token still means that the server lives",
          "[unit][influxdb_v3]") {
    InfluxDb3Settings server;
    server.tokens = {"secret"};
    InfluxFixture fixture({}, server);
    CHECK(fixture.output.open().ok());
    add_ports(fixture.batch, 1);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_FATAL);
    CHECK(outcome.error.find("the server wants a token") != std::string::npos);
}

TEST_CASE("A server that is not there is tried again later", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    fixture.server.stop();
    const auto outcome = fixture.output.open();
    CHECK(outcome.status == HG_RETRY);
    CHECK(outcome.error.find("127.0.0.1:" + std::to_string(fixture.server.port())) != std::string::npos);
    CHECK(outcome.error.find("refused") != std::string::npos);
    CHECK(fixture.host.log().empty());
}

TEST_CASE("What is no InfluxDB is not taken for one", "[unit][influxdb_v3]") {
    struct Case {
        std::string name;
        testkit::Reply reply;
    };
    const std::vector<Case> cases{
        {"a login page",
         {.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html></html>"}},
        {"a redirect", {.status = 302, .headers = {{"Location", "http://login.example/"}}}},
        {"a broken proxy", {.status = 502}},
    };
    for (const Case& c : cases) {
        DYNAMIC_SECTION(c.name) {
            testkit::HttpServer server([&](const testkit::ReceivedRequest&) { return c.reply; });
            testkit::RecordingHost host;
            testkit::PluginUnderTest output(output_descriptor(), host, Settings{{"url", server.url()}});
            CHECK(output.open().status == HG_RETRY);
            CHECK(host.log().empty());
        }
    }
}

TEST_CASE("TLS to a server that speaks plainly fails with what to do, and the data is kept",
          "[unit][influxdb_v3]") {
    const testkit::InfluxDb3Server server;
    testkit::RecordingHost host;
    testkit::PluginUnderTest output(output_descriptor(), host,
                                    Settings{{"url", "https://127.0.0.1:" + std::to_string(server.port())},
                                             {"database", std::string("solar")}});
    const auto opened = output.open();
    CHECK(opened.status == HG_RETRY);
    CHECK(opened.error.find("TLS") != std::string::npos);
    CHECK(opened.error.find("http://") != std::string::npos);
    OwnedBatch batch;
    add_ports(batch, 1);
    const auto outcome = output.write(batch.metrics());
    CHECK(outcome.status == HG_FATAL);
    CHECK(outcome.error.find("writing to database \"solar\" at https://127.0.0.1:") == 0);
    CHECK(outcome.rejected.empty());
}

TEST_CASE("A token from a file is read again when it changes", "[unit][influxdb_v3]") {
    const TokenFile file("first\n");
    InfluxDb3Settings server;
    server.tokens = {"first"};
    InfluxFixture fixture({{"token_file", file.path()}}, server);
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 1);
    CHECK(fixture.write().ok());
    file.write("the second\n");  // not a token: the first one stays in use
    CHECK(fixture.write().ok());
    CHECK(fixture.host.logged(LogLevel::warning, file.path()));
    fixture.server.set_tokens({"second"});
    file.write("second\n");
    CHECK(fixture.write().ok());
    CHECK(fixture.server.writes().back().header("Authorization") == "Bearer second");
}

TEST_CASE("A refused token is looked up in its file before anybody is bothered", "[unit][influxdb_v3]") {
    const TokenFile file("first");
    InfluxDb3Settings server;
    server.tokens = {"first"};
    InfluxFixture fixture({{"token_file", file.path()}}, server);
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 1);
    REQUIRE(fixture.write().ok());

    SECTION("and when the file has no other, the error says so, without the token") {
        fixture.server.set_tokens({"second"});
        const auto outcome = fixture.write();
        CHECK(outcome.status == HG_FATAL);
        CHECK(outcome.error.find(file.path()) != std::string::npos);
        CHECK(outcome.error.find("first") == std::string::npos);
        file.write("second");
        CHECK(fixture.write().ok());
    }
    SECTION("also when it looks the same as before") {
        const auto time = std::filesystem::last_write_time(file.path());
        file.write("other");
        std::filesystem::last_write_time(file.path(), time);
        fixture.server.set_tokens({"other"});
        CHECK(fixture.write().ok());
        CHECK(fixture.server.writes().back().header("Authorization") == "Bearer other");
    }
    SECTION("and when the file is gone, the old token stays in use") {
        file.remove();
        CHECK(fixture.write().ok());
        CHECK(fixture.host.logged(LogLevel::warning, file.path()));
    }
}

TEST_CASE("Without its token file the output cannot open yet", "[unit][influxdb_v3]") {
    const TokenFile file("");
    InfluxFixture fixture({{"token_file", file.path()}});
    CHECK(fixture.output.open().status == HG_RETRY);
    file.write("token");
    CHECK(fixture.output.open().ok());
}

TEST_CASE("No token, password of a proxy or query of a URL is ever shown", "[unit][influxdb_v3]") {
    InfluxDb3Settings server;
    server.tokens = {"another"};
    InfluxFixture fixture({{"token", std::string("apiv3_hidden")}}, server);
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 1);
    std::string said;
    for (const unsigned status : {0U, 302U, 400U, 403U, 404U, 500U}) {
        if (status != 0) {
            fixture.server.add_faults(
                {{{.status = status, .headers = {{"Location", "http://a/?p=hidden"}}}, false}});
        }
        const auto outcome = fixture.write();
        said += outcome.error;
        for (const auto& [index, reason] : outcome.rejected) {
            said += reason;
        }
    }
    fixture.server.stop();
    said += fixture.write().error;
    CHECK(said.size() > 200);
    CHECK(said.find("hidden") == std::string::npos);
    CHECK_FALSE(log_contains(fixture.host, "hidden"));
}

TEST_CASE("check names every mistake and what to do about it", "[unit][influxdb_v3]") {
    struct Case {
        Settings settings;
        std::string option;
    };
    const std::vector<Case> cases{
        {{{"url", std::string("localhost:8181")}}, "url"},
        {{{"url", std::string("ftp://localhost")}}, "url"},
        {{{"url", std::string("http://user:secret@host")}}, "url"},
        {{{"token", std::string("a b")}}, "token"},
        {{{"database", std::string("")}}, "database"},
        {{{"database", std::string("_internal")}}, "database"},
        {{{"database", std::string("a/b/c")}}, "database"},
        {{{"no_sync", true}, {"api", std::string("v2")}}, "no_sync"},
        {{{"organization", std::string("o")}, {"api", std::string("v1")}}, "organization"},
        {{{"retention_policy", std::string("r")}}, "retention_policy"},
        {{{"tag_order", std::vector<std::string>{"a", "a"}}}, "tag_order"},
        {{{"tag_order", std::vector<std::string>{"a"}}, {"api", std::string("v1")}}, "tag_order"},
        {{{"tls_certificate_file", std::string("/c")}, {"url", std::string("https://h")}},
         "tls_certificate_file"},
        {{{"tls_ca_file", std::string("/c")}}, "url"},
        {{{"database_tag_keep", false}}, "database_tag_keep"},
        {{{"user_agent", std::string("a\nb")}}, "user_agent"},
        {{{"connect_timeout", std::chrono::nanoseconds(20s)}}, "connect_timeout"},
    };
    for (const Case& c : cases) {
        testkit::RecordingHost host;
        testkit::PluginUnderTest output(
            output_descriptor(), host,
            with_defaults(c.settings, {{"url", std::string("http://localhost:8181")}}));
        const auto problems = output.check();
        CAPTURE(c.option, c.settings.front().first);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].option.find(c.option) != std::string::npos);
        CHECK_FALSE(problems[0].message.empty());
        CHECK_FALSE(problems[0].hint.empty());
        CHECK((problems[0].message + problems[0].hint).find("secret") == std::string::npos);
    }
}

TEST_CASE("check finds nothing wrong with what is right", "[unit][influxdb_v3]") {
    const std::vector<Settings> good{
        {{"url", std::string("http://localhost:8181")}},
        {{"url", std::string("https://eu-central-1-1.aws.cloud2.influxdata.com")},
         {"api", std::string("v2")},
         {"database", std::string("my bucket")}},
        {{"url", std::string("eu-central-1-1.aws.cloud2.influxdata.com")}},
        {{"url", std::string("https://[::1]:8181/influx/")}, {"token_file", std::string("/nowhere")}},
        {{"url", std::string("http://localhost:8181")},
         {"token", std::string("a")},
         {"token_file", std::string("/b")}},
    };
    for (const Settings& settings : good) {
        testkit::RecordingHost host;
        testkit::PluginUnderTest output(output_descriptor(), host, settings);
        CHECK(output.check().empty());
    }
}

}  // namespace
}  // namespace heliograph::influxdb_v3::test
