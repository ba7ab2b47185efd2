#include "tools/dtu_simulator/dtu_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace heliograph::dtu_simulator {
namespace asio = boost::asio;
using boost::system::error_code;

/// Owned by its server's list and, while an operation is under way, by that operation's handler.
class DtuServer::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(DtuServer& server, tcp::socket socket)
        : server_(server), socket_(std::move(socket)), delay_(socket_.get_executor()) {}

    void start() { read(); }

    void close() {
        if (closed_) {
            return;
        }
        closed_ = true;
        delay_.cancel();
        error_code ignored;
        socket_.close(ignored);
        server_.forget(*this);
    }

private:
    // Reads go on while an answer is being delayed, so that a client which has given up and left is seen to
    // have left.
    void read() {
        if (closed_ || reading_ || filled_ == input_.size()) {
            return;
        }
        reading_ = true;
        socket_.async_read_some(asio::buffer(input_.data() + filled_, input_.size() - filled_),
                                [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                                    self->on_read(error, bytes);
                                });
    }

    void on_read(const error_code& error, std::size_t bytes) {
        reading_ = false;
        if (error) {
            close();
            return;
        }
        filled_ += bytes;
        answer_what_is_here();
        read();
    }

    void answer_what_is_here() {
        while (!closed_ && !busy_) {
            const auto parsed = modbus::parse_request(std::span(input_).first(filled_));
            if (parsed.status == modbus::ParseStatus::incomplete) {
                return;
            }
            if (parsed.status == modbus::ParseStatus::invalid) {
                ++server_.statistics_.framing_errors;
                close();
                return;
            }
            std::copy(input_.begin() + static_cast<std::ptrdiff_t>(parsed.consumed),
                      input_.begin() + static_cast<std::ptrdiff_t>(filled_), input_.begin());
            filled_ -= parsed.consumed;
            response_ = server_.on_request(parsed.request);
            if (response_.action != Response::Action::ignore) {
                busy_ = true;
                send_when_due();
            }
        }
    }

    void send_when_due() {
        if (response_.delay.count() == 0) {
            send();
            return;
        }
        delay_.expires_after(response_.delay);
        delay_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error) {
                self->send();
            }
        });
    }

    void send() {
        if (closed_) {
            return;
        }
        ++server_.statistics_.replies;
        if (response_.end_of_list) {
            ++server_.statistics_.scans_completed;
        }
        asio::async_write(
            socket_, asio::buffer(response_.frame),
            [self = shared_from_this()](const error_code& error, std::size_t) { self->on_sent(error); });
    }

    void on_sent(const error_code& error) {
        busy_ = false;
        if (error || response_.action == Response::Action::send_and_close) {
            close();
            return;
        }
        answer_what_is_here();
        read();
    }

    DtuServer& server_;
    tcp::socket socket_;
    asio::steady_timer delay_;
    std::array<std::uint8_t, 520> input_{};  // two of the longest requests
    std::size_t filled_ = 0;
    Response response_;
    bool reading_ = false;
    bool busy_ = false;
    bool closed_ = false;
};

DtuServer::DtuServer(asio::io_context& io_context, const SimulatedClock& clock, Responder responder)
    : clock_(clock), responder_(std::move(responder)), acceptor_(io_context), accept_again_(io_context) {}

DtuServer::~DtuServer() = default;

void DtuServer::listen(const tcp::endpoint& endpoint) {
    endpoint_ = endpoint;
    bind();
    begin_listening();
}

void DtuServer::kill() {
    close();
    bind();
}

void DtuServer::revive() {
    if (listening_) {
        return;
    }
    if (acceptor_.is_open()) {
        begin_listening();
    } else {
        listen(endpoint_);
    }
}

void DtuServer::close() {
    ++life_;
    listening_ = false;
    accept_again_.cancel();
    error_code ignored;
    acceptor_.close(ignored);
    close_connections();
}

void DtuServer::reset_statistics() {
    const std::uint64_t open = statistics_.connections_open;
    statistics_ = {};
    statistics_.connections_open = open;
    statistics_.most_open_at_once = open;
    last_request_.reset();
}

void DtuServer::bind() {
    acceptor_.open(endpoint_.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint_);
    endpoint_ = acceptor_.local_endpoint();
}

void DtuServer::begin_listening() {
    ++life_;
    acceptor_.listen();
    listening_ = true;
    accept();
}

void DtuServer::close_connections() {
    // Each removes itself from the list.
    while (!connections_.empty()) {
        const std::shared_ptr<Connection> last = connections_.back();
        last->close();
    }
}

void DtuServer::accept() {
    acceptor_.async_accept([this, life = life_](const error_code& error, tcp::socket socket) {
        if (life != life_) {
            return;
        }
        if (!error) {
            on_accepted(std::move(socket));
            accept();
            return;
        }
        // Out of descriptors, most likely: the client in the queue is taken once others have left.
        accept_again_.expires_after(std::chrono::milliseconds(50));
        accept_again_.async_wait([this, life](const error_code& cancelled) {
            if (!cancelled && life == life_) {
                accept();
            }
        });
    });
}

void DtuServer::on_accepted(tcp::socket socket) {
    ++statistics_.connections;
    if (responder_.faults().has(FaultKind::refuse)) {
        return;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    connections_.push_back(std::make_shared<Connection>(*this, std::move(socket)));
    statistics_.connections_open = connections_.size();
    statistics_.most_open_at_once = std::max(statistics_.most_open_at_once, statistics_.connections_open);
    connections_.back()->start();
}

void DtuServer::forget(const Connection& connection) {
    std::erase_if(connections_, [&](const auto& held) { return held.get() == &connection; });
    statistics_.connections_open = connections_.size();
}

Response DtuServer::on_request(const modbus::Request& request) {
    const auto now = std::chrono::steady_clock::now();
    if (last_request_) {
        const std::chrono::nanoseconds gap = now - *last_request_;
        statistics_.shortest_gap = std::min(statistics_.shortest_gap.value_or(gap), gap);
    }
    last_request_ = now;
    ++statistics_.requests;
    Response response = responder_.respond(request, clock_.now());
    if (request.readable && request.address == kFirstRecordAddress) {
        ++statistics_.scans;
    }
    return response;
}

}  // namespace heliograph::dtu_simulator
