#include "tests/unit/plugins/common/http/fixture.hpp"

using namespace heliograph::http;

namespace {

Reply ok(const ReceivedRequest&) {
    return {.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = "{}"};
}

}  // namespace

TEST_CASE("a request arrives as it was made", "[unit][http]") {
    HttpServer server(ok);
    Client client(patient_settings());
    Request request = post(server.url("/write?db=a%20b"), "m f=1");
    request.headers = {{"Authorization", "Bearer T"}, {"X-Empty", ""}};
    const auto outcome = client.send(request);

    REQUIRE(outcome.response);
    CHECK(outcome.response->status == 200);
    CHECK(outcome.response->body == "{}");
    CHECK_FALSE(outcome.response->body_cut);
    CHECK(outcome.response->content_type == "application/json");
    const auto received = server.requests().at(0);
    CHECK(received.method == "POST");
    CHECK(received.target == "/write?db=a%20b");
    CHECK(received.body == "m f=1");
    CHECK(received.header("Authorization") == "Bearer T");
    CHECK(received.header("User-Agent") == "Heliograph/test");
    CHECK(received.header("Content-Length") == "5");
    CHECK(received.has_header("X-Empty"));
    CHECK_FALSE(received.has_header("Content-Type"));
    CHECK_FALSE(received.has_header("Content-Encoding"));
}

TEST_CASE("a large body is sent without asking for leave", "[unit][http]") {
    HttpServer server(ok);
    Client client(patient_settings());
    const std::string body(5'000'000, 'x');
    REQUIRE(client.send(post(server.url(), body)).response);
    CHECK(server.requests().at(0).body == body);
    CHECK_FALSE(server.requests().at(0).has_header("Expect"));
}

TEST_CASE("headers and gzip of one request do not stay for the next", "[unit][http]") {
    HttpServer server(ok);
    Client client(patient_settings());
    Request first = post(server.url("/1"), "not gzip, but said to be");
    first.headers = {{"X-One", "1"}, {"Content-Type", "text/plain"}};
    first.body_is_gzip = true;
    const Request second = post(server.url("/2"));
    for (const auto& request : {first, second, first}) {
        REQUIRE(client.send(request).response);
    }
    const auto received = server.requests();
    CHECK(received.at(0).header("Content-Encoding") == "gzip");
    CHECK_FALSE(received.at(1).has_header("X-One"));
    CHECK_FALSE(received.at(1).has_header("Content-Type"));
    CHECK_FALSE(received.at(1).has_header("Content-Encoding"));
    CHECK(received.at(2).header("X-One") == "1");
    CHECK(received.at(2).header("Content-Type") == "text/plain");
}

TEST_CASE("methods can follow each other in any order on one client", "[unit][http]") {
    HttpServer server([](const ReceivedRequest& request) {
        return Reply{.status = 200, .body = request.method + " " + std::to_string(request.body.size())};
    });
    Client client(patient_settings());
    struct Case {
        std::string method;
        std::string body;
        std::string want;
    };
    const std::vector<Case> cases{
        {"POST", "abc", "POST 3"},   {"GET", "", "GET 0"},       {"HEAD", "", ""},
        {"PUT", "ab", "PUT 2"},      {"DELETE", "", "DELETE 0"}, {"POST", "", "POST 0"},
        {"DELETE", "a", "DELETE 1"}, {"GET", "", "GET 0"}};
    for (const auto& c : cases) {
        CAPTURE(c.method, c.body);
        Request request = post(server.url(), c.body);
        request.method = c.method;
        const auto outcome = client.send(request);
        REQUIRE(outcome.response);
        CHECK(outcome.response->body == c.want);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("of a long body only so much is kept, and the connection goes on", "[unit][http]") {
    HttpServer server(
        [](const ReceivedRequest&) { return Reply{.status = 500, .body = std::string(100'000, 'e')}; });
    auto settings = patient_settings();
    settings.maximum_response_bytes = 1'000;
    Client client(settings);
    for (int i = 0; i < 2; ++i) {
        const auto outcome = client.send(post(server.url()));
        REQUIRE(outcome.response);
        CHECK(outcome.response->body == std::string(1'000, 'e'));
        CHECK(outcome.response->body_cut);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("redirects are told and not followed", "[unit][http]") {
    HttpServer server([](const ReceivedRequest&) {
        return Reply{.status = 302, .headers = {{"location", "/login"}}};
    });
    Client client(patient_settings());
    const auto outcome = client.send(post(server.url()));
    REQUIRE(outcome.response);
    CHECK(outcome.response->status == 302);
    CHECK(outcome.response->location == "/login");
    CHECK(server.requests().size() == 1);
}

TEST_CASE("Retry-After is read in both forms, a date by the server's clock", "[unit][http]") {
    HttpServer server([](const ReceivedRequest& request) {
        if (request.path == "/date") {
            return Reply{.status = 503,
                         .headers = {{"Date", "Sun, 06 Nov 1994 08:49:30 GMT"},
                                     {"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}};
        }
        return request.path == "/seconds" ? Reply{.status = 429, .headers = {{"retry-after", " 30 "}}}
                                          : Reply{.status = 503};
    });
    Client client(patient_settings());
    CHECK(client.send(post(server.url("/date"))).response.value().retry_after == std::chrono::seconds(7));
    CHECK(client.send(post(server.url("/seconds"))).response.value().retry_after == std::chrono::seconds(30));
    CHECK_FALSE(client.send(post(server.url("/none"))).response.value().retry_after);
}

TEST_CASE("several requests are sent at once, and their outcomes come in order", "[unit][http]") {
    HttpServer server([](const ReceivedRequest& request) {
        return Reply{.status = 200,
                     .body = request.body,
                     .delay = std::chrono::milliseconds(request.body == "0" ? 100 : 0)};
    });
    auto settings = patient_settings();
    settings.maximum_connections = 3;
    Client client(settings);
    std::vector<std::string> bodies;
    for (int i = 0; i < 20; ++i) {
        bodies.push_back(std::to_string(i));
    }
    std::vector<Request> requests;
    for (const auto& body : bodies) {
        requests.push_back(post(server.url(), body));
    }
    requests[7].url = "ftp://127.0.0.1/";
    for (int round = 0; round < 2; ++round) {
        const auto outcomes = client.send_all(requests);
        REQUIRE(outcomes.size() == bodies.size());
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            CAPTURE(i);
            if (i == 7) {
                CHECK(outcomes[i].failure.kind == Failure::Kind::invalid_request);
            } else {
                REQUIRE(outcomes[i].response);
                CHECK(outcomes[i].response->body == bodies[i]);
            }
        }
    }
    CHECK(client.send_all({}).empty());
    CHECK(server.requests().size() == 38);
}

TEST_CASE("what cannot be a request is not sent", "[unit][http]") {
    struct Case {
        std::string name;
        std::string url;
        std::pair<std::string, std::string> header;
    };
    const auto c = GENERATE(values<Case>({
        {"no scheme", "127.0.0.1:1/", {"A", "b"}},
        {"another scheme", "file:///etc/passwd", {"A", "b"}},
        {"a port that is none", "http://user:secret@127.0.0.1:99999/", {"A", "b"}},
        {"no host", "http:///write", {"A", "b"}},
        {"a line break in the URL", "http://127.0.0.1:1/\r\nX: secret", {"A", "b"}},
        {"a space in the host", "http://a secret/", {"A", "b"}},
        {"a line break in a value", "http://127.0.0.1:1/", {"Authorization", "Bearer secret\r\nX: y"}},
        {"a zero in a value", "http://127.0.0.1:1/", {"Authorization", std::string("secret\0x", 8)}},
        {"a colon in a name", "http://127.0.0.1:1/", {"A:b", "secret"}},
        {"no name", "http://127.0.0.1:1/", {"", "secret"}},
    }));
    DYNAMIC_SECTION(c.name) {
        Client client(patient_settings());
        Request request = post(c.url);
        request.headers = {c.header};
        const auto outcome = client.send(request);
        CHECK_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Failure::Kind::invalid_request);
        CHECK_FALSE(outcome.failure.may_have_arrived);
        CHECK_FALSE(outcome.failure.reason.empty());
        CHECK(outcome.failure.reason.find("secret") == std::string::npos);
    }
}

TEST_CASE("settings that cannot work are told by name when the client is made", "[unit][http]") {
    const Workspace folder;
    auto settings = patient_settings();
    std::string want;
    SECTION("a missing file") {
        settings.tls.ca_file = folder.file("none.pem").string();
        want = "tls_ca_file: cannot read " + settings.tls.ca_file + ": No such file or directory";
    }
    SECTION("an empty file") {
        settings.tls.certificate_file = folder.write("empty.pem", "");
        want = "tls_certificate_file: cannot read " + settings.tls.certificate_file + ": it is empty";
    }
    SECTION("a key alone") {
        settings.tls.key_file = folder.write("key.pem", "key");
        want = "tls_key_file: a key needs its certificate; set tls_certificate_file as well";
    }
    SECTION("a proxy that is no URL") {
        settings.proxy = "http://user:secret@proxy:port";
        want = "proxy: not a URL; it looks like http://proxy.local:3128";
    }
    CHECK_THROWS_WITH(Client(settings), want);
}
