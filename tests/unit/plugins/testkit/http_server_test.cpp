#include "plugins/testkit/http_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>
#include <libdeflate.h>

#include <memory>
#include <string>

namespace asio = boost::asio;
using namespace heliograph::testkit;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// A client that knows nothing of HTTP.
class Wire {
public:
    explicit Wire(const HttpServer& server) {
        socket_.connect({asio::ip::address_v4::loopback(), server.port()});
    }
    void send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
    /// Up to and with `end`.
    std::string receive_until(const std::string& end) {
        const auto size = asio::read_until(socket_, asio::dynamic_buffer(received_), end);
        auto text = received_.substr(0, size);
        received_.erase(0, size);
        return text;
    }
    /// All until the far side ends; how it ended is in `error`.
    std::string receive_all() {
        std::string text = received_;
        asio::read(socket_, asio::dynamic_buffer(text), error);
        return text;
    }
    error_code error;

private:
    asio::io_context context_;
    tcp::socket socket_{context_};
    std::string received_;
};

std::string gzip(const std::string& text) {
    const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
        libdeflate_alloc_compressor(1), &libdeflate_free_compressor);
    std::string out(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
    out.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), out.data(), out.size()));
    return out;
}

std::string post(const std::string& target, const std::string& body, const std::string& headers = {}) {
    return "POST " + target + " HTTP/1.1\r\nHost: here\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("the test server records what it is sent, and answers as told", "[unit][testkit]") {
    HttpServer server([](const ReceivedRequest& request) {
        return Reply{.status = 200, .headers = {{"X-Path", request.path}}, .body = "hello"};
    });
    Wire wire(server);
    wire.send(post("/a/b?db=my%20db&empty=&flag&p=1+2", "one", "X-Token: T\r\n"));
    CHECK(wire.receive_until("hello") == "HTTP/1.1 200 OK\r\nX-Path: /a/b\r\nContent-Length: 5\r\n\r\nhello");
    wire.send("GET /second HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK(wire.receive_all().find("Connection: close\r\n") != std::string::npos);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].method == "POST");
    CHECK(requests[0].path == "/a/b");
    CHECK(requests[0].parameter("db") == "my db");
    CHECK(requests[0].parameter("p") == "1 2");
    CHECK(requests[0].has_parameter("flag"));
    CHECK_FALSE(requests[0].has_parameter("other"));
    CHECK(requests[0].header("x-token") == "T");
    CHECK(requests[0].body == "one");
    CHECK(requests[0].body_text == "one");
    CHECK(requests[1].path == "/second");
    CHECK(requests[1].connection == requests[0].connection);
    CHECK(server.connections() == 1);
}

TEST_CASE("the test server unpacks gzip, several members as well, and tells when it is none",
          "[unit][testkit]") {
    HttpServer server([](const ReceivedRequest&) { return Reply{}; });
    Wire wire(server);
    const std::string large(300'000, 'x');
    for (const auto& body : {gzip(large), gzip("a") + gzip("b"), std::string("not gzip")}) {
        wire.send(post("/", body, "Content-Encoding: gzip\r\n"));
        wire.receive_until("\r\n\r\n");
    }
    const auto requests = server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].body_text == large);
    CHECK(requests[1].body_text == "ab");
    CHECK(requests[1].body_is_valid);
    CHECK_FALSE(requests[2].body_is_valid);
}

TEST_CASE("the test server can reset, drop, or stop in the middle of an answer", "[unit][testkit]") {
    Reply reply{.status = 200, .body = "0123456789"};
    SECTION("reset after the body, without a word") {
        reply.fault = HttpFault::reset;
        HttpServer server([&](const ReceivedRequest&) { return reply; });
        Wire wire(server);
        wire.send(post("/", "x"));
        CHECK(wire.receive_all().empty());
        CHECK(wire.error == asio::error::connection_reset);
    }
    SECTION("close after some bytes") {
        reply.fault = HttpFault::close;
        reply.fault_after = 12;
        HttpServer server([&](const ReceivedRequest&) { return reply; });
        Wire wire(server);
        wire.send(post("/", "x"));
        CHECK(wire.receive_all() == "HTTP/1.1 200");
        CHECK(wire.error == asio::error::eof);
    }
    SECTION("a connection that is dropped after the answer, which came in pieces") {
        reply.drop_connection = true;
        reply.piece_size = 7;
        HttpServer server([&](const ReceivedRequest&) { return reply; });
        Wire wire(server);
        wire.send(post("/", "x"));
        CHECK(wire.receive_all() == "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
    }
    SECTION("reset on arrival") {
        HttpServer server({.handler = [](const ReceivedRequest&) { return Reply{}; },
                           .on_connect = [](std::size_t) { return HttpFault::reset; }});
        Wire wire(server);
        wire.receive_all();
        CHECK(wire.error == asio::error::connection_reset);
    }
}

TEST_CASE("the test server can answer when it has seen no more than the headers", "[unit][testkit]") {
    HttpServer server({.handler = [](const ReceivedRequest&) { return Reply{}; },
                       .before_body = [](const ReceivedRequest&) { return Reply{.status = 413}; }});
    Wire wire(server);
    wire.send("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    CHECK(wire.receive_all().substr(0, 12) == "HTTP/1.1 413");
    CHECK(server.requests().size() == 1);
}

TEST_CASE("stopping the test server ends a stall and a delay", "[unit][testkit]") {
    const Reply reply =
        GENERATE(values<Reply>({Reply{.fault = HttpFault::stall}, Reply{.delay = std::chrono::hours(1)}}));
    HttpServer server([&](const ReceivedRequest&) { return reply; });
    Wire wire(server);
    wire.send(post("/", "x"));
    REQUIRE(server.wait_for_requests(1));
    server.stop();
    CHECK(wire.receive_all().empty());
}
