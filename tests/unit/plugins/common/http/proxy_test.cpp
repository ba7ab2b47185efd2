#include "plugins/common/http/ending.hpp"
#include "plugins/testkit/certificates.hpp"
#include "tests/unit/plugins/common/http/fixture.hpp"

using namespace heliograph::http;
using heliograph::testkit::Authority;
using heliograph::testkit::ServerTls;
using Kind = Failure::Kind;
using Cause = Failure::Cause;

namespace {

/// With user and password in the URL, as people write them.
std::string proxy_url(const HttpServer& proxy) {
    return "http://me:secret@127.0.0.1:" + std::to_string(proxy.port());
}

}  // namespace

TEST_CASE("a plain request goes through the proxy, with its login", "[unit][http]") {
    HttpServer proxy([](const ReceivedRequest&) { return Reply{.status = 200, .body = "by proxy"}; });
    auto settings = patient_settings();
    settings.proxy = proxy_url(proxy);
    ::setenv("no_proxy", "db.invalid", 1);  // holds for the environment's proxy, not for one asked for
    Client client(settings);
    const auto outcome = client.send(post("http://db.invalid:8181/write?a=b"));
    ::unsetenv("no_proxy");
    REQUIRE(outcome.response);
    CHECK(outcome.response->body == "by proxy");
    const auto received = proxy.requests().at(0);
    CHECK(received.target == "http://db.invalid:8181/write?a=b");
    CHECK(received.path == "/write");
    CHECK(received.header("Proxy-Authorization") == "Basic bWU6c2VjcmV0");
}

TEST_CASE("the proxy of the environment is used when none is set", "[unit][http]") {
    HttpServer proxy([](const ReceivedRequest&) { return Reply{.status = 200, .body = "by proxy"}; });
    const auto settings = patient_settings();
    ::setenv("http_proxy", proxy_url(proxy).c_str(), 1);
    Client client(settings);
    const auto outcome = client.send(post("http://db.invalid:8181/"));
    ::unsetenv("http_proxy");
    REQUIRE(outcome.response);
    CHECK(outcome.response->body == "by proxy");
}

TEST_CASE("TLS goes through a tunnel, and the proxy sees nothing of the request", "[unit][http]") {
    const Workspace folder;
    const Authority authority;
    const auto identity = authority.issue({"DNS:db.invalid"});
    HttpServer server(
        {.handler = [](const ReceivedRequest&) { return Reply{.status = 200, .body = "by server"}; },
         .tls = ServerTls{identity.certificate, identity.key}});
    HttpServer proxy([](const ReceivedRequest&) { return Reply{.status = 200}; });
    auto settings = patient_settings();
    settings.proxy = proxy_url(proxy);
    settings.tls.ca_file = folder.write("ca.pem", authority.certificate());
    Client client(settings);
    Request request = post("https://db.invalid:" + std::to_string(server.port()) + "/write?token=T");
    request.headers = {{"Authorization", "Bearer T"}};
    for (int i = 0; i < 2; ++i) {
        const auto outcome = client.send(request);
        CAPTURE(outcome.failure.reason);
        REQUIRE(outcome.response);
        CHECK(outcome.response->body == "by server");
    }
    CHECK(server.connections() == 1);
    REQUIRE(proxy.requests().size() == 1);
    const auto received = proxy.requests().at(0);
    CHECK(received.method == "CONNECT");
    CHECK(received.target == "db.invalid:" + std::to_string(server.port()));
    CHECK_FALSE(received.has_header("Authorization"));
    CHECK(server.requests().at(0).header("Authorization") == "Bearer T");
    CHECK_FALSE(server.requests().at(0).has_header("Proxy-Authorization"));
}

TEST_CASE("a proxy that refuses is told apart from the server, and keeps its password", "[unit][http]") {
    const unsigned status = GENERATE(407U, 403U);
    HttpServer proxy([&](const ReceivedRequest&) { return Reply{.status = status}; });
    auto settings = patient_settings();
    settings.proxy = proxy_url(proxy);
    Client client(settings);
    const auto outcome = client.send(post("https://db.invalid/"));
    REQUIRE_FALSE(outcome.response);
    CAPTURE(outcome.failure.reason);
    CHECK(outcome.failure.kind == Kind::proxy);
    CHECK(outcome.failure.reason == "the proxy answered " + std::to_string(status));
    CHECK(classify(outcome) == (status == 407 ? Ending::alarm : Ending::retry));
    CHECK(explain(outcome, "https://db.invalid/").find("secret") == std::string::npos);
}

TEST_CASE("a proxy that is not there is told as such", "[unit][http]") {
    auto settings = patient_settings();
    SECTION("nobody listens") {
        HttpServer proxy([](const ReceivedRequest&) { return Reply{}; });
        settings.proxy = proxy_url(proxy);
        proxy.stop();
    }
    SECTION("no such name") {
        settings.proxy = "http://me:secret@proxy.invalid:3128";
    }
    Client client(settings);
    const auto outcome = client.send(post("http://db.invalid/"));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.failure.kind == Kind::proxy);
    CHECK(outcome.failure.reason.find("secret") == std::string::npos);
}
