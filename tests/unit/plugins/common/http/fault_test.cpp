#include "plugins/common/http/ending.hpp"
#include "tests/unit/plugins/common/http/fixture.hpp"

#include <atomic>

using namespace heliograph::http;
using heliograph::testkit::HttpServerSettings;
using Kind = Failure::Kind;
using Cause = Failure::Cause;

TEST_CASE("a server that breaks off after any byte of its answer gives a failure or the answer",
          "[unit][http]") {
    const auto fault = GENERATE(HttpFault::reset, HttpFault::close);
    const std::string answer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nwrong";
    const std::size_t head = answer.size() - 5;
    std::atomic<std::size_t> bytes = 0;
    HttpServer server([&](const ReceivedRequest&) {
        return Reply{.status = 400,
                     .headers = {{"Content-Type", "text/plain"}},
                     .body = "wrong",
                     .fault = fault,
                     .fault_after = bytes.load()};
    });
    Client client(patient_settings());
    for (bytes = 0; bytes <= answer.size(); ++bytes) {
        CAPTURE(bytes.load());
        const auto outcome = client.send(post(server.url()));
        if (bytes < head) {
            // A reset may overtake what was sent before it, never the other way round.
            REQUIRE_FALSE(outcome.response);
            CHECK(outcome.failure.kind == Kind::broken);
            CHECK(outcome.failure.may_have_arrived);
            CHECK_FALSE(outcome.failure.reason.empty());
        } else if (outcome.response) {
            CHECK(outcome.response->status == 400);
            CHECK(outcome.response->body_cut == (outcome.response->body.size() < 5));
            CHECK(classify(outcome) == Ending::refused);
        } else {
            CHECK(fault == HttpFault::reset);
            CHECK(outcome.failure.kind == Kind::broken);
        }
    }
    // Every request had a connection of its own, since each broke; none was sent twice.
    CHECK(server.requests().size() == answer.size() + 1);
}

TEST_CASE("a server that fails before it has read everything is a broken connection", "[unit][http]") {
    const auto fault = GENERATE(HttpFault::reset, HttpFault::close);
    const std::string body(GENERATE(std::size_t{10}, std::size_t{20'000'000}), 'x');
    CAPTURE(body.size());
    SECTION("on arrival") {
        HttpServer server({.handler = [](const ReceivedRequest&) { return Reply{}; },
                           .on_connect = [&](std::size_t) { return fault; }});
        Client client(patient_settings());
        const auto outcome = client.send(post(server.url(), body));
        REQUIRE_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Kind::broken);
        CHECK((body.size() == 10 || !outcome.failure.may_have_arrived));
    }
    SECTION("after the headers") {
        HttpServer server({.handler = [](const ReceivedRequest&) { return Reply{}; },
                           .before_body = [&](const ReceivedRequest&) { return Reply{.fault = fault}; }});
        Client client(patient_settings());
        const auto outcome = client.send(post(server.url(), body));
        REQUIRE_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Kind::broken);
        CHECK((body.size() == 10 || !outcome.failure.may_have_arrived));
    }
}

TEST_CASE("an answer counts that comes while the request is still being sent", "[unit][http]") {
    const std::string body(20'000'000, 'x');
    const bool announces = GENERATE(true, false);
    CAPTURE(announces);
    HttpServer server({.handler = [](const ReceivedRequest&) { return Reply{}; },
                       .before_body =
                           [&](const ReceivedRequest&) {
                               return Reply{.status = 413, .body = "too large", .close = announces};
                           }});
    Client client(patient_settings());
    for (int i = 0; i < 50; ++i) {
        CAPTURE(i);
        const auto outcome = client.send(post(server.url(), body));
        CAPTURE(outcome.failure.reason);
        REQUIRE(outcome.response);
        CHECK(outcome.response->status == 413);
        CHECK(classify(outcome) == Ending::split);
    }
}

TEST_CASE("a stall ends at the deadline, and tells whether the request had been sent", "[unit][http]") {
    SECTION("after the body") {
        HttpServer server([](const ReceivedRequest&) { return Reply{.fault = HttpFault::stall}; });
        Client client(hasty_settings());
        const auto outcome = client.send(post(server.url()));
        REQUIRE_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Kind::timeout);
        CHECK(outcome.failure.cause == Cause::waiting);
        CHECK(outcome.failure.may_have_arrived);
    }
    SECTION("before a large body is read") {
        HttpServer server(
            {.handler = [](const ReceivedRequest&) { return Reply{}; },
             .before_body = [](const ReceivedRequest&) { return Reply{.fault = HttpFault::stall}; }});
        Client client(hasty_settings());
        const std::string body(50'000'000, 'x');
        const auto outcome = client.send(post(server.url(), body));
        REQUIRE_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Kind::timeout);
        CHECK(outcome.failure.cause == Cause::sending);
        CHECK_FALSE(outcome.failure.may_have_arrived);
    }
    SECTION("in the middle of the answer's headers") {
        HttpServer server(
            [](const ReceivedRequest&) { return Reply{.fault = HttpFault::stall, .fault_after = 20}; });
        Client client(hasty_settings());
        const auto outcome = client.send(post(server.url()));
        REQUIRE_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Kind::timeout);
        CHECK(outcome.failure.may_have_arrived);
    }
    SECTION("in the middle of the answer's body, when its status is known") {
        HttpServer server([](const ReceivedRequest&) {
            return Reply{.status = 500, .body = "trouble", .fault = HttpFault::stall, .fault_after = 60};
        });
        Client client(hasty_settings());
        const auto outcome = client.send(post(server.url()));
        REQUIRE(outcome.response);
        CHECK(outcome.response->status == 500);
        CHECK(outcome.response->body_cut);
    }
}

TEST_CASE("an answer in single bytes is read like any other", "[unit][http]") {
    HttpServer server(
        [](const ReceivedRequest&) { return Reply{.status = 200, .body = "slowly", .piece_size = 1}; });
    Client client(patient_settings());
    CHECK(client.send(post(server.url())).response.value().body == "slowly");
    CHECK(client.send(post(server.url())).response.value().body == "slowly");
}

TEST_CASE("TLS spoken to a plain server is an alarm", "[unit][http]") {
    HttpServer server([](const ReceivedRequest&) { return Reply{}; });
    Client client(patient_settings());
    auto url = server.url();
    url.replace(0, 4, "https");
    const auto outcome = client.send(post(url));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.failure.kind == Kind::tls);
    CHECK(outcome.failure.cause == Cause::not_tls);
}

TEST_CASE("a name that does not exist, and a port where nobody listens", "[unit][http]") {
    Client client(patient_settings());
    const auto nobody = client.send(post("http://nobody.invalid:8181/"));
    REQUIRE_FALSE(nobody.response);
    CHECK(nobody.failure.kind == Kind::resolve);
    std::string url;
    {
        HttpServer server([](const ReceivedRequest&) { return Reply{}; });
        url = server.url();
    }
    const auto refused = client.send(post(url));
    REQUIRE_FALSE(refused.response);
    CHECK(refused.failure.kind == Kind::connect);
    CHECK(refused.failure.cause == Cause::refused);
    CHECK(refused.failure.reason == "connection refused");
}
