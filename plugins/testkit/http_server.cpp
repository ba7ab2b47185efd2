#include "plugins/testkit/http_server.hpp"

#include "plugins/testkit/http_message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <thread>

namespace heliograph::testkit {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr std::size_t kBodyLimit = std::size_t{256} << 20U;

tcp::socket& socket_of(tcp::socket& stream) {
    return stream;
}
tcp::socket& socket_of(TlsStream& stream) {
    return stream.next_layer();
}

/// Both ways until either side ends.
void tunnel(tcp::socket& left, tcp::socket& right) {
    std::array<pollfd, 2> ends{{{left.native_handle(), POLLIN, 0}, {right.native_handle(), POLLIN, 0}}};
    std::array<char, 16'384> bytes{};
    while (::poll(ends.data(), ends.size(), -1) > 0) {
        for (std::size_t i = 0; i < ends.size(); ++i) {
            if (ends.at(i).revents == 0) {
                continue;
            }
            error_code error;
            auto& from = i == 0 ? left : right;
            const auto size = from.read_some(asio::buffer(bytes), error);
            if (!error) {
                asio::write(i == 0 ? right : left, asio::buffer(bytes.data(), size), error);
            }
            if (error) {
                return;
            }
        }
    }
}

}  // namespace

class HttpServer::Implementation {
public:
    explicit Implementation(HttpServerSettings settings);
    ~Implementation() { stop(); }
    void stop();

    const HttpServerSettings settings;
    std::uint16_t port = 0;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::vector<ReceivedRequest> requests;
    std::size_t connections = 0;

private:
    enum class Next { request, end };

    void accept();
    void serve(tcp::socket socket, std::size_t number);
    void serve_plain(tcp::socket& socket, std::size_t number);
    void serve_tls(tcp::socket& socket, std::size_t number);
    template <typename Stream>
    Next exchange(Stream& stream, boost::beast::flat_buffer& buffer, std::size_t number);
    template <typename Stream>
    Next answer(Stream& stream, const ReceivedRequest& request, const Reply& reply);
    void record(const ReceivedRequest& request);
    void fail(tcp::socket& socket, HttpFault fault);
    void open_tunnel(tcp::socket& client, const std::string& target);
    /// False when the server stops.
    bool wait(std::chrono::milliseconds time);
    void wait_for_stop();

    asio::io_context context_;
    std::optional<asio::ssl::context> tls_;
    tcp::acceptor acceptor_{context_};
    std::mutex handler_mutex_;
    bool stopping_ = false;
    std::map<std::size_t, int> open_;  // connection to descriptor, for stop
    std::list<std::thread> threads_;
    std::thread acceptor_thread_;
};

HttpServer::Implementation::Implementation(HttpServerSettings given) : settings(std::move(given)) {
    if (settings.tls) {
        tls_.emplace(asio::ssl::context::tls_server);
        tls_->use_certificate_chain(asio::buffer(settings.tls->certificate));
        tls_->use_private_key(asio::buffer(settings.tls->key), asio::ssl::context::pem);
        if (!settings.tls->client_authority.empty()) {
            tls_->add_certificate_authority(asio::buffer(settings.tls->client_authority));
            tls_->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
    }
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), settings.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port = acceptor_.local_endpoint().port();
    acceptor_thread_ = std::thread([this] { accept(); });
}

void HttpServer::Implementation::stop() {
    {
        const std::lock_guard lock(mutex);
        if (stopping_) {
            return;
        }
        stopping_ = true;
        // Ends the calls that block in other threads; nobody closes a descriptor without this lock.
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        for (const auto& [number, descriptor] : open_) {
            ::shutdown(descriptor, SHUT_RDWR);
        }
    }
    changed.notify_all();
    acceptor_thread_.join();
    error_code ignored;
    acceptor_.close(ignored);
    for (auto& thread : threads_) {
        thread.join();
    }
}

void HttpServer::Implementation::accept() {
    for (;;) {
        error_code error;
        tcp::socket socket(context_);
        acceptor_.accept(socket, error);
        const std::lock_guard lock(mutex);
        if (stopping_ || error) {
            return;
        }
        const std::size_t number = ++connections;
        open_[number] = socket.native_handle();
        threads_.emplace_back([this, number](tcp::socket accepted) { serve(std::move(accepted), number); },
                              std::move(socket));
    }
}

void HttpServer::Implementation::serve(tcp::socket socket, std::size_t number) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto fault = settings.on_connect ? settings.on_connect(number) : HttpFault::none;
    if (fault != HttpFault::none) {
        fail(socket, fault);
    } else if (tls_) {
        serve_tls(socket, number);
    } else {
        serve_plain(socket, number);
    }
    const std::lock_guard lock(mutex);
    open_.erase(number);
    socket.close(ignored);
}

void HttpServer::Implementation::serve_plain(tcp::socket& socket, std::size_t number) {
    boost::beast::flat_buffer buffer;
    while (exchange(socket, buffer, number) == Next::request) {
    }
}

void HttpServer::Implementation::serve_tls(tcp::socket& socket, std::size_t number) {
    TlsStream stream(std::move(socket), *tls_);
    error_code error;
    stream.handshake(TlsStream::server, error);
    boost::beast::flat_buffer buffer;
    while (!error && exchange(stream, buffer, number) == Next::request) {
    }
    socket = std::move(stream.next_layer());
}

template <typename Stream>
HttpServer::Implementation::Next HttpServer::Implementation::exchange(Stream& stream,
                                                                      boost::beast::flat_buffer& buffer,
                                                                      std::size_t number) {
    error_code error;
    http::request_parser<http::string_body> parser;
    parser.body_limit(kBodyLimit);
    http::read_header(stream, buffer, parser, error);
    if (error) {
        if (error.category() == http::make_error_code(http::error::bad_method).category() &&
            error != http::error::end_of_stream && error != http::error::partial_message) {
            // Something else than HTTP, such as TLS to a plain server.
            asio::write(stream, asio::buffer(serialize({.status = 400, .close = true}, false)), error);
        }
        return Next::end;
    }
    ReceivedRequest request;
    request.method = parser.get().method_string();
    request.target = parser.get().target();
    request.connection = number;
    for (const auto& field : parser.get()) {
        request.headers.emplace_back(field.name_string(), field.value());
    }
    split_target(request);
    if (settings.before_body) {
        std::unique_lock handling(handler_mutex_);
        const auto early = settings.before_body(request);
        handling.unlock();
        if (early) {
            record(request);
            answer(stream, request, *early);
            return Next::end;
        }
    }
    if (boost::beast::iequals(request.header("Expect"), "100-continue")) {
        asio::write(stream, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), error);
    }
    http::read(stream, buffer, parser, error);
    if (error) {
        return Next::end;
    }
    request.body = std::move(parser.get().body());
    unpack_body(request);
    Reply reply;
    {
        const std::lock_guard handling(handler_mutex_);
        record(request);
        reply = settings.handler(request);
    }
    if (!parser.get().keep_alive()) {
        reply.close = true;
    }
    return answer(stream, request, reply);
}

template <typename Stream>
HttpServer::Implementation::Next HttpServer::Implementation::answer(Stream& stream,
                                                                    const ReceivedRequest& request,
                                                                    const Reply& reply) {
    if (!wait(reply.delay)) {
        return Next::end;
    }
    const bool tunnels = request.method == "CONNECT" && reply.status == 200;
    const auto text =
        tunnels ? std::string("HTTP/1.1 200 OK\r\n\r\n") : serialize(reply, request.method == "HEAD");
    std::string_view rest = text;
    if (reply.fault != HttpFault::none) {
        rest = rest.substr(0, reply.fault_after);
    }
    while (!rest.empty()) {
        const auto size = reply.piece_size == 0 ? rest.size() : std::min(reply.piece_size, rest.size());
        error_code error;
        asio::write(stream, asio::buffer(rest.data(), size), error);
        rest.remove_prefix(size);
        if (error || (!rest.empty() && !wait(reply.piece_pause))) {
            return Next::end;
        }
    }
    fail(socket_of(stream), reply.fault);
    if (tunnels && reply.fault == HttpFault::none) {
        open_tunnel(socket_of(stream), request.target);
        return Next::end;
    }
    const bool stays = reply.fault == HttpFault::none && !reply.close && !reply.drop_connection;
    return stays ? Next::request : Next::end;
}

void HttpServer::Implementation::record(const ReceivedRequest& request) {
    {
        const std::lock_guard lock(mutex);
        requests.push_back(request);
    }
    changed.notify_all();
}

void HttpServer::Implementation::fail(tcp::socket& socket, HttpFault fault) {
    error_code ignored;
    if (fault == HttpFault::reset) {
        // Closing with no time to linger makes the kernel send RST.
        socket.set_option(asio::socket_base::linger(true, 0), ignored);
    } else if (fault == HttpFault::stall) {
        wait_for_stop();
    }
}

void HttpServer::Implementation::open_tunnel(tcp::socket& client, const std::string& target) {
    const auto colon = target.rfind(':');
    tcp::socket server(context_);
    error_code error;
    const auto far_port = static_cast<std::uint16_t>(std::stoul(target.substr(colon + 1)));
    server.connect({asio::ip::address_v4::loopback(), far_port}, error);
    if (!error) {
        tunnel(client, server);
    }
}

bool HttpServer::Implementation::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, time, [this] { return stopping_; });
}

void HttpServer::Implementation::wait_for_stop() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return stopping_; });
}

HttpServer::HttpServer(HttpServerSettings settings)
    : implementation_(std::make_unique<Implementation>(std::move(settings))) {}

HttpServer::HttpServer(std::function<Reply(const ReceivedRequest&)> handler)
    : HttpServer(HttpServerSettings{.handler = std::move(handler)}) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const noexcept {
    return implementation_->port;
}

std::string HttpServer::url(std::string_view path) const {
    return (implementation_->settings.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
           std::to_string(implementation_->port) + std::string(path);
}

std::vector<ReceivedRequest> HttpServer::requests() const {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->requests;
}

std::size_t HttpServer::connections() const {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->connections;
}

bool HttpServer::wait_for_requests(std::size_t count) const {
    std::unique_lock lock(implementation_->mutex);
    return implementation_->changed.wait_for(lock, std::chrono::seconds(30),
                                             [&] { return implementation_->requests.size() >= count; });
}

void HttpServer::stop() {
    implementation_->stop();
}

}  // namespace heliograph::testkit
