#include "tests/unit/plugins/common/http/fixture.hpp"

#include <atomic>
#include <future>
#include <thread>

using namespace heliograph::http;
using namespace std::chrono_literals;

namespace {

Reply ok(const ReceivedRequest&) {
    return {};
}

}  // namespace

TEST_CASE("a connection is used again", "[unit][http]") {
    HttpServer server(ok);
    Client client(patient_settings());
    for (int i = 0; i < 10; ++i) {
        REQUIRE(client.send(post(server.url())).response);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("no more connections are open than allowed", "[unit][http]") {
    HttpServer server(ok);
    auto settings = patient_settings();
    settings.maximum_connections = 2;
    Client client(settings);
    const std::vector<Request> requests(30, post(server.url()));
    for (int i = 0; i < 3; ++i) {
        for (const auto& outcome : client.send_all(requests)) {
            CHECK(outcome.response);
        }
    }
    CHECK(server.connections() <= 2);
}

TEST_CASE("a connection of age 0 is never used again, and an old one not for long", "[unit][http]") {
    HttpServer server(ok);
    auto settings = patient_settings();
    SECTION("0") {
        settings.maximum_connection_age = 0s;
        Client client(settings);
        for (int i = 0; i < 3; ++i) {
            REQUIRE(client.send(post(server.url())).response);
        }
        CHECK(server.connections() == 3);
    }
    SECTION("a second, for as many requests as it takes") {
        settings.maximum_connection_age = 1s;
        Client client(settings);
        const auto bound = std::chrono::steady_clock::now() + 60s;
        while (server.connections() < 2 && std::chrono::steady_clock::now() < bound) {
            REQUIRE(client.send(post(server.url())).response);
        }
        CHECK(server.connections() == 2);
    }
}

TEST_CASE("a kept connection that turns out to be dead is replaced without a failure", "[unit][http]") {
    // The size decides at which point the dead connection is noticed.
    const auto size = GENERATE(std::size_t{0}, std::size_t{100}, std::size_t{10'000'000});
    CAPTURE(size);
    const std::string body(size, 'x');
    HttpServer server([](const ReceivedRequest&) { return Reply{.drop_connection = true}; });
    Client client(patient_settings());
    for (int i = 0; i < 20; ++i) {
        REQUIRE(client.send(post(server.url(), body)).response);
    }
    CHECK(server.requests().size() == 20);
}

TEST_CASE("a kept connection that dies under a request is tried again once, over a fresh one",
          "[unit][http]") {
    const auto size = GENERATE(std::size_t{100}, std::size_t{10'000'000});
    const bool before_body = GENERATE(true, false);
    CAPTURE(size, before_body);
    const std::string body(size, 'x');
    std::atomic<std::size_t> count = 0;
    std::atomic<std::size_t> failures = 1;
    const auto second_fails = [&](const ReceivedRequest&) {
        const auto number = ++count;
        const bool fails = number >= 2 && number < 2 + failures;
        return Reply{.fault = fails ? HttpFault::reset : HttpFault::none};
    };
    HttpServer server(
        {.handler = before_body ? ok : std::function<Reply(const ReceivedRequest&)>(second_fails),
         .before_body = [&](const ReceivedRequest& request) -> std::optional<Reply> {
             if (!before_body) {
                 return std::nullopt;
             }
             const auto reply = second_fails(request);
             return reply.fault == HttpFault::none ? std::nullopt : std::optional(reply);
         }});
    Client client(patient_settings());
    REQUIRE(client.send(post(server.url(), body)).response);
    SECTION("once is enough") {
        const auto outcome = client.send(post(server.url(), body));
        CAPTURE(outcome.failure.reason);
        CHECK(outcome.response);
        CHECK(server.connections() == 2);
    }
    SECTION("more often is a failure, and the next request is a new beginning") {
        failures = 10;
        const auto outcome = client.send(post(server.url(), body));
        CHECK_FALSE(outcome.response);
        CHECK(outcome.failure.kind == Failure::Kind::broken);
        CHECK(server.connections() <= 3);
        failures = 0;
        CHECK(client.send(post(server.url(), body)).response);
    }
}

TEST_CASE("after a failure everything is connected anew", "[unit][http]") {
    HttpServer server([](const ReceivedRequest& request) {
        return Reply{.fault = request.path == "/stall" ? HttpFault::stall : HttpFault::none};
    });
    Client client(hasty_settings());
    REQUIRE(client.send(post(server.url())).response);
    REQUIRE_FALSE(client.send(post(server.url("/stall"))).response);
    REQUIRE(client.send(post(server.url())).response);
    // The stalled one used the first connection, or had its own; either way none of them is used again.
    const auto requests = server.requests();
    CHECK(requests.back().connection > requests.at(1).connection);
    CHECK(requests.back().connection > requests.at(0).connection);
}

TEST_CASE("a server that comes back on the same port is found", "[unit][http]") {
    auto server = std::make_unique<HttpServer>(ok);
    const auto port = server->port();
    const auto url = server->url();
    Client client(patient_settings());
    REQUIRE(client.send(post(url)).response);
    server.reset();
    const auto outcome = client.send(post(url));
    CHECK_FALSE(outcome.response);
    CHECK(outcome.failure.kind == Failure::Kind::connect);
    CHECK(outcome.failure.cause == Failure::Cause::refused);
    server =
        std::make_unique<HttpServer>(heliograph::testkit::HttpServerSettings{.handler = ok, .port = port});
    CHECK(client.send(post(url)).response);
}

TEST_CASE("an interrupt ends what is being sent, and everything after it", "[unit][http]") {
    HttpServer server([](const ReceivedRequest&) { return Reply{.fault = HttpFault::stall}; });
    Client client(patient_settings());
    const std::vector<Request> requests(7, post(server.url()));
    auto sending = std::async(std::launch::async, [&] { return client.send_all(requests); });
    REQUIRE(server.wait_for_requests(4));
    client.interrupt();
    const auto outcomes = sending.get();
    REQUIRE(outcomes.size() == 7);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        CAPTURE(i);
        CHECK_FALSE(outcomes[i].response);
        CHECK(outcomes[i].failure.kind == Failure::Kind::interrupted);
        CHECK(outcomes[i].failure.may_have_arrived == (i < 4));
    }
    CHECK(client.send(post(server.url())).failure.kind == Failure::Kind::interrupted);
    CHECK(server.requests().size() == 4);
}

TEST_CASE("an interrupt may come at any time", "[unit][http]") {
    HttpServer server(ok);
    for (int i = 0; i < 50; ++i) {
        Client client(patient_settings());
        std::thread interrupter([&] { client.interrupt(); });
        Outcome outcome;
        do {
            outcome = client.send(post(server.url()));
        } while (outcome.response);
        interrupter.join();
        CHECK(outcome.failure.kind == Failure::Kind::interrupted);
    }
}
