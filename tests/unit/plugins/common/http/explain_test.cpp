#include "plugins/common/http/ending.hpp"

#include <catch2/catch.hpp>

using namespace heliograph::http;
using Kind = Failure::Kind;
using Cause = Failure::Cause;

namespace {

constexpr auto kUrl = "https://me:secret@db.local:8181/api/write?p=secret";

std::string told(long status, const std::string& body = {}, const std::string& type = {},
                 const std::string& location = {}) {
    Outcome outcome;
    auto& response = outcome.response.emplace();
    response.status = status;
    response.body = body;
    response.content_type = type;
    response.location = location;
    return explain(outcome, kUrl);
}

}  // namespace

TEST_CASE("each failure is told in one line with what to do", "[unit][http]") {
    struct Case {
        Kind kind;
        Cause cause;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {Kind::resolve, Cause::other,
         "no such host: db.local; check the name in the URL, and the DNS of this machine"},
        {Kind::resolve, Cause::connecting,
         "the name db.local could not be resolved in time; check the DNS of this machine"},
        {Kind::connect, Cause::refused,
         "connection refused by db.local:8181; is the server running, and is this its port?"},
        {Kind::connect, Cause::unreachable,
         "no connection to db.local:8181: REASON; check the address and the network"},
        {Kind::proxy, Cause::refused,
         "the proxy on the way to db.local:8181 failed: REASON; check the address of the proxy"},
        {Kind::proxy, Cause::proxy_login,
         "the proxy on the way to db.local:8181 failed: REASON; check the proxy's user and password"},
        {Kind::timeout, Cause::connecting,
         "connecting to db.local:8181 timed out; check the address, and whether a firewall swallows the "
         "attempt"},
        {Kind::timeout, Cause::sending,
         "sending to db.local:8181 timed out; the network is slow, or the server is stuck"},
        {Kind::timeout, Cause::waiting,
         "db.local:8181 did not answer in time, and may have taken the data all the same; is the server "
         "busy?"},
        {Kind::broken, Cause::reset,
         "REASON (db.local:8181); did the server restart, or is a proxy in between?"},
        {Kind::broken, Cause::not_http,
         "db.local:8181 answered in something that is not HTTP; is this the right port?"},
        {Kind::broken, Cause::handshake, "REASON with db.local:8181; does it expect https:// on this port?"},
        {Kind::tls, Cause::not_tls,
         "TLS with db.local:8181 failed: REASON; does it expect http://, or is it another port?"},
        {Kind::tls, Cause::unknown_authority,
         "TLS with db.local:8181 failed: REASON; put the certificate of that authority into a file and name "
         "it "
         "as tls_ca_file"},
        {Kind::tls, Cause::self_signed,
         "TLS with db.local:8181 failed: REASON; if it is your server, put its certificate into a file and "
         "name it as tls_ca_file"},
        {Kind::tls, Cause::expired,
         "TLS with db.local:8181 failed: REASON; renew it, or check the clock of this machine"},
        {Kind::tls, Cause::not_yet_valid,
         "TLS with db.local:8181 failed: REASON; check the clock of this machine"},
        {Kind::tls, Cause::wrong_name,
         "TLS with db.local:8181 failed: REASON than db.local; use a name that it is made for in the URL, or "
         "name it as tls_server_name"},
        {Kind::tls, Cause::certificate_wanted,
         "TLS with db.local:8181 failed: REASON; check tls_certificate_file and tls_key_file"},
        {Kind::tls, Cause::own_files,
         "TLS with db.local:8181 failed: REASON; check tls_ca_file, tls_certificate_file, tls_key_file and "
         "the "
         "key's password"},
        {Kind::tls, Cause::other,
         "TLS with db.local:8181 failed: REASON; check the TLS settings of both sides"},
        {Kind::interrupted, Cause::other, "interrupted while sending to db.local:8181"},
        {Kind::invalid_request, Cause::other,
         "cannot send to db.local:8181: REASON; check the configuration"},
    }));
    Outcome outcome;
    outcome.failure = {.kind = c.kind, .cause = c.cause, .reason = "REASON"};
    CHECK(explain(outcome, kUrl) == c.want);
}

TEST_CASE("each status is told in one line with what to do", "[unit][http]") {
    const std::string begin = "db.local:8181 answered ";
    CHECK(told(204) == begin + "204");
    CHECK(told(400) == begin + "400; it refuses the request");
    CHECK(told(401) == begin + "401; the token or password is missing, wrong or expired");
    CHECK(told(403) == begin + "403; the token or user has no right to do this");
    CHECK(told(404) ==
          begin + "404; nothing is there at /api/write; check the path in the URL, and the product");
    CHECK(told(405) ==
          begin +
              "405; it does not take such a request at /api/write; it may be another product or version than "
              "the one configured");
    CHECK(told(407) == begin + "407; the proxy wants a user and password");
    CHECK(told(408) == begin + "408; it asks to be sent this again");
    CHECK(told(413) == begin + "413; the request is larger than it takes");
    CHECK(told(429) == begin + "429; it asks to be sent less");
    CHECK(told(500) == begin + "500; see the log of the server");
    CHECK(told(501) ==
          begin + "501; it cannot do this; it may be another product or version than the one configured");
    CHECK(told(503) == begin + "503; the server, or a proxy before it, is not ready");
    CHECK(told(302, "", "", "https://portal.local/login?user=secret") ==
          begin +
              "302, a redirect to https://portal.local/login, and redirects are not followed; put the final "
              "address into the URL, unless it is a login page");
    CHECK(told(301) == begin +
                           "301, a redirect to elsewhere, and redirects are not followed; put the final "
                           "address into the URL, unless it is a login page");
    CHECK(told(200, "<html>", "text/html") ==
          begin +
              "200 with a web page; a login page or captive portal answered, or the URL leads to something "
              "else");
}

TEST_CASE("how long a server asks to wait is told", "[unit][http]") {
    Outcome outcome;
    outcome.response.emplace().status = 429;
    outcome.response->retry_after = std::chrono::milliseconds(29'500);
    CHECK(explain(outcome, "http://db") == "db answered 429; it asks to be sent less, in 30 s");
}

TEST_CASE("what a server wrote is quoted, shortened and on one line", "[unit][http]") {
    CHECK(told(400, " {\"error\":\n\t\"bad\x01\x7F line\"}\r\n") ==
          "db.local:8181 answered 400: {\"error\":  \"bad   line\"}; it refuses the request");
    CHECK(told(400, std::string(200, 'a')) ==
          "db.local:8181 answered 400: " + std::string(200, 'a') + "; it refuses the request");
    CHECK(told(400, std::string(201, 'a')) ==
          "db.local:8181 answered 400: " + std::string(200, 'a') + "...; it refuses the request");
    // The 200th byte is the second of three of a character.
    CHECK(told(400, std::string(198, 'a') + "\u20AC and more") ==
          "db.local:8181 answered 400: " + std::string(198, 'a') + "...; it refuses the request");
    CHECK(told(400, "  ") == "db.local:8181 answered 400; it refuses the request");
    CHECK(told(502, "<html><body>Bad Gateway</body></html>") ==
          "db.local:8181 answered 502; the server, or a proxy before it, is not ready");
}

TEST_CASE("an address of IPv6 is told with its port", "[unit][http]") {
    Outcome outcome;
    outcome.failure = {.kind = Kind::connect, .cause = Cause::refused, .reason = ""};
    CHECK(explain(outcome, "http://[::1]:8181/write") ==
          "connection refused by [::1]:8181; is the server running, and is this its port?");
    outcome.failure.kind = Kind::resolve;
    outcome.failure.cause = Cause::other;
    CHECK(explain(outcome, "http://[::1]:8181/write").find("no such host: [::1];") == 0);
}
