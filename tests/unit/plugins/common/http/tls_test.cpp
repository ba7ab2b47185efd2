#include "plugins/common/http/ending.hpp"
#include "plugins/testkit/certificates.hpp"
#include "tests/unit/plugins/common/http/fixture.hpp"

using namespace heliograph::http;
using heliograph::testkit::Authority;
using heliograph::testkit::HttpServerSettings;
using heliograph::testkit::Identity;
using heliograph::testkit::make_self_signed;
using heliograph::testkit::ServerTls;
using heliograph::testkit::Validity;
using Kind = Failure::Kind;
using Cause = Failure::Cause;

namespace {

HttpServerSettings tls_server(const Identity& identity, const std::string& client_authority = {}) {
    return {
        .handler = [](const ReceivedRequest& request) { return Reply{.status = 200, .body = request.body}; },
        .tls = ServerTls{identity.certificate, identity.key, client_authority}};
}

}  // namespace

TEST_CASE("a server whose authority is known is spoken to over TLS", "[unit][http]") {
    const Workspace folder;
    const Authority authority;
    HttpServer server(tls_server(authority.issue({"IP:127.0.0.1"})));
    auto settings = patient_settings();
    settings.tls.ca_file = folder.write("ca.pem", authority.certificate());
    settings.tls.minimum = GENERATE(TlsVersion::v1_2, TlsVersion::v1_3);
    Client client(settings);
    const std::string body(1'000'000, 'x');
    for (int i = 0; i < 3; ++i) {
        const auto outcome = client.send(post(server.url("/write?a=b"), body));
        CAPTURE(outcome.failure.reason);
        REQUIRE(outcome.response);
        CHECK(outcome.response->body == body);
    }
    CHECK(server.connections() == 1);
    CHECK(server.requests().at(0).target == "/write?a=b");
}

TEST_CASE("a certificate that cannot be trusted ends the exchange, and the reason is told", "[unit][http]") {
    const Workspace folder;
    // Static, since the generator keeps what they issued the first time round.
    static const Authority authority("Ours");
    static const Authority other("Other");
    static const Authority namesake("Ours");
    struct Case {
        std::string name;
        Identity identity;
        Cause cause;
        std::string advice;
    };
    const auto c = GENERATE_REF(values<Case>({
        {"of another authority", other.issue({"IP:127.0.0.1"}), Cause::unknown_authority, "tls_ca_file"},
        {"of an authority of the same name", namesake.issue({"IP:127.0.0.1"}), Cause::unknown_authority,
         "tls_ca_file"},
        {"of itself", make_self_signed({"IP:127.0.0.1"}), Cause::self_signed, "tls_ca_file"},
        {"expired", authority.issue({"IP:127.0.0.1"}, Validity::expired), Cause::expired, "has expired"},
        {"for another name", authority.issue({"DNS:db.local"}), Cause::wrong_name, "tls_server_name"},
    }));
    DYNAMIC_SECTION(c.name) {
        HttpServer server(tls_server(c.identity));
        auto settings = patient_settings();
        settings.tls.ca_file = folder.write("ca.pem", authority.certificate());
        Client client(settings);
        const auto outcome = client.send(post(server.url()));
        REQUIRE_FALSE(outcome.response);
        CAPTURE(outcome.failure.reason);
        CHECK(outcome.failure.kind == Kind::tls);
        CHECK(outcome.failure.cause == c.cause);
        CHECK_FALSE(outcome.failure.may_have_arrived);
        CHECK(classify(outcome) == Ending::alarm);
        CHECK(explain(outcome, server.url()).find(c.advice) != std::string::npos);
        CHECK(server.requests().empty());

        settings.tls.verify = false;
        Client careless(settings);
        CHECK(careless.send(post(server.url())).response);
    }
}

TEST_CASE("without a file of authorities those of the system are asked", "[unit][http]") {
    const Authority authority;
    HttpServer server(tls_server(authority.issue({"IP:127.0.0.1"})));
    Client client(patient_settings());
    const auto outcome = client.send(post(server.url()));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.failure.cause == Cause::unknown_authority);
}

TEST_CASE("a self-signed certificate is trusted when it is the file of authorities", "[unit][http]") {
    const Workspace folder;
    const auto identity = make_self_signed({"IP:127.0.0.1"});
    HttpServer server(tls_server(identity));
    auto settings = patient_settings();
    settings.tls.ca_file = folder.write("server.pem", identity.certificate);
    Client client(settings);
    CHECK(client.send(post(server.url())).response);
}

TEST_CASE("server_name is what is sent and verified, wherever the URL points", "[unit][http]") {
    const Workspace folder;
    const Authority authority;
    HttpServer server(tls_server(authority.issue({"DNS:db.local"})));
    auto settings = patient_settings();
    settings.tls.ca_file = folder.write("ca.pem", authority.certificate());
    settings.tls.server_name = "db.local";
    Client client(settings);
    for (const std::string path : {"/a?b=c%20d", "/a?b=c%20d", "/e"}) {
        const auto outcome = client.send(post(server.url(path)));
        CAPTURE(outcome.failure.reason);
        REQUIRE(outcome.response);
        CHECK(server.requests().back().target == path);
    }
    CHECK(server.requests().at(0).header("Host") == "db.local:" + std::to_string(server.port()));
    CHECK(server.connections() == 1);

    settings.tls.server_name = "other.local";
    Client wrong(settings);
    const auto outcome = wrong.send(post(server.url()));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.failure.cause == Cause::wrong_name);

    HttpServer plain([](const ReceivedRequest&) { return Reply{}; });
    CHECK(wrong.send(post(plain.url())).response);
}

TEST_CASE("a client certificate is shown to a server that asks for one", "[unit][http]") {
    const Workspace folder;
    const Authority authority;
    const Authority clients("Clients");
    HttpServer server(tls_server(authority.issue({"IP:127.0.0.1"}), clients.certificate()));
    auto settings = patient_settings();
    settings.tls.ca_file = folder.write("ca.pem", authority.certificate());
    const auto identity = clients.issue({"DNS:client"}, Validity::valid, "secret");
    const auto with = [&](const Identity& shown, const std::string& password) {
        settings.tls.certificate_file = folder.write("client.pem", shown.certificate);
        settings.tls.key_file = folder.write("client.key", shown.key);
        settings.tls.key_password = password;
        Client client(settings);
        return client.send(post(server.url()));
    };
    SECTION("with its key's password") {
        const auto outcome = with(identity, "secret");
        CAPTURE(outcome.failure.reason);
        CHECK(outcome.response);
    }
    SECTION("with a wrong password") {
        const auto outcome = with(identity, "wrong-secret");
        REQUIRE_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Kind::tls);
        CHECK(outcome.failure.cause == Cause::own_files);
        CHECK(outcome.failure.reason.find("wrong-secret") == std::string::npos);
    }
    SECTION("one of another authority") {
        const auto outcome = with(authority.issue({"DNS:client"}), "");
        REQUIRE_FALSE(outcome.response);
        CAPTURE(outcome.failure.reason);
        CHECK(outcome.failure.kind == Kind::tls);
        CHECK(outcome.failure.cause == Cause::certificate_wanted);
        CHECK(classify(outcome) == Ending::alarm);
    }
    SECTION("none, which is an alarm and not an outage") {
        settings.tls.minimum = GENERATE(TlsVersion::v1_2, TlsVersion::v1_3);
        Client client(settings);
        const auto outcome = client.send(post(server.url()));
        REQUIRE_FALSE(outcome.response);
        CAPTURE(outcome.failure.reason);
        CHECK(outcome.failure.kind == Kind::tls);
        CHECK(outcome.failure.cause == Cause::certificate_wanted);
        CHECK(server.requests().empty());
    }
}

TEST_CASE("a server that breaks off under TLS is tried again, not an alarm", "[unit][http]") {
    const Workspace folder;
    const Authority authority;
    auto settings = patient_settings();
    settings.tls.ca_file = folder.write("ca.pem", authority.certificate());
    auto server_settings = tls_server(authority.issue({"IP:127.0.0.1"}));
    const auto fault = GENERATE(HttpFault::reset, HttpFault::close);
    SECTION("on arrival") {
        server_settings.on_connect = [&](std::size_t) { return fault; };
    }
    SECTION("after the headers") {
        server_settings.before_body = [&](const ReceivedRequest&) { return Reply{.fault = fault}; };
    }
    SECTION("without an answer") {
        server_settings.handler = [&](const ReceivedRequest&) { return Reply{.fault = fault}; };
    }
    HttpServer server(server_settings);
    Client client(settings);
    const auto outcome = client.send(post(server.url()));
    REQUIRE_FALSE(outcome.response);
    CAPTURE(outcome.failure.reason);
    CHECK(outcome.failure.kind == Kind::broken);
    CHECK(classify(outcome) == Ending::retry);
}

TEST_CASE("a TLS server that never says a word is a timeout of connecting", "[unit][http]") {
    HttpServer server({.handler = [](const ReceivedRequest&) { return Reply{}; },
                       .on_connect = [](std::size_t) { return HttpFault::stall; }});
    auto settings = patient_settings();
    settings.connect_timeout = std::chrono::milliseconds(300);
    Client client(settings);
    auto url = server.url();
    url.replace(0, 4, "https");
    const auto outcome = client.send(post(url));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.failure.kind == Kind::timeout);
    CHECK(outcome.failure.cause == Cause::connecting);
    CHECK_FALSE(outcome.failure.may_have_arrived);
}

TEST_CASE("a plain request to a server of TLS is a broken exchange", "[unit][http]") {
    const Authority authority;
    HttpServer server(tls_server(authority.issue({"IP:127.0.0.1"})));
    Client client(patient_settings());
    auto url = server.url();
    url.replace(0, 5, "http");
    const auto outcome = client.send(post(url));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.failure.kind == Kind::broken);
}
