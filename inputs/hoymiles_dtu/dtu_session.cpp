#include "inputs/hoymiles_dtu/dtu_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <string>
#include <utility>

namespace heliograph::hoymiles {
namespace {

using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;

/// Addresses of a name are asked for again after this time even if all goes well.
constexpr std::chrono::minutes kResolveAgain{10};

std::string describe(const boost::system::error_code& error) {
    if (error == asio::error::eof || error == asio::error::connection_reset ||
        error == asio::error::broken_pipe) {
        return "the DTU closed the connection";
    }
    return error.message();
}

}  // namespace

DtuSession::DtuSession(asio::io_context& io_context, SessionOwner& owner, std::size_t index,
                       DtuAddress address, const ScanSettings& settings)
    : owner_(owner),
      index_(index),
      address_(std::move(address)),
      settings_(settings),
      socket_(io_context),
      resolver_(io_context),
      timer_(io_context) {
    ErrorCode error;
    const auto number = asio::ip::make_address(address_.host, error);
    if (!error) {
        endpoints_.emplace_back(number, address_.port);
        resolved_at_ = SteadyTime::max();  // a number needs no resolving, ever
    }
}

void DtuSession::start() {
    scan_.emplace(settings_, quiet_until_);
    next_endpoint_ = 0;
    connect_error_ = {};
    const bool is_number = resolved_at_ == SteadyTime::max();
    if (!is_number && (endpoints_.empty() || Clock::now() - resolved_at_ > kResolveAgain)) {
        resolve();
        return;
    }
    // Through the queue, so that whatever goes wrong at once is told after start() has returned.
    asio::post(socket_.get_executor(), [this, number = connection_number_] {
        if (number == connection_number_) {
            connect_next();
        }
    });
}

void DtuSession::resolve() {
    // No timer: all names of the process wait for one resolver thread, and one slow name must not make the
    // others fail. The system's resolver ends each question by itself. Counted from the question, so that
    // the addresses that were good are kept for a while if it has no answer.
    resolved_at_ = Clock::now();
    resolver_.async_resolve(address_.host, std::to_string(address_.port), tcp::resolver::numeric_service,
                            [this, number = connection_number_](const ErrorCode& error,
                                                                const tcp::resolver::results_type& results) {
                                if (error == asio::error::operation_aborted || number != connection_number_) {
                                    return;
                                }
                                if (!error) {
                                    endpoints_.assign(results.begin(), results.end());
                                } else if (endpoints_.empty()) {
                                    return fail("the name cannot be resolved: " + error.message());
                                }
                                connect_next();
                            });
}

void DtuSession::connect_next() {
    disconnect();
    if (next_endpoint_ == endpoints_.size()) {
        return fail(describe(connect_error_));
    }
    const tcp::endpoint endpoint = endpoints_[next_endpoint_++];
    if (!owner_.claim(endpoint)) {
        return fail("this is the same DTU as another host of this node");
    }
    claimed_ = endpoint;
    arm_timer(Clock::now() + settings_.timeout);
    ErrorCode error;
    socket_.open(endpoint.protocol(), error);
    if (error) {
        return fail("no socket: " + error.message());
    }
    socket_.async_connect(endpoint, [this, number = connection_number_](const ErrorCode& result) {
        if (result != asio::error::operation_aborted && number == connection_number_) {
            on_connected(result);
        }
    });
}

void DtuSession::on_connected(const ErrorCode& error) {
    connect_error_ = error;
    if (!connect_error_) {
        socket_.set_option(tcp::no_delay{true}, connect_error_);
    }
    if (!connect_error_) {
        socket_.non_blocking(true, connect_error_);
    }
    if (connect_error_) {
        return connect_next();
    }
    connected_ = true;
    advance();
}

void DtuSession::advance() {
    while (true) {
        const ScanAction action = scan_->next(Clock::now());
        switch (action.kind) {
            case ScanAction::Kind::send:
                if (!send(action.bytes)) {
                    return;
                }
                break;
            case ScanAction::Kind::receive:
                arm_timer(action.until);
                return receive();
            case ScanAction::Kind::wait:
                return arm_timer(action.until);
            case ScanAction::Kind::finished:
                return finish();
        }
    }
}

bool DtuSession::send(std::span<const std::uint8_t> bytes) {
    // One request is twelve bytes and is answered before the next, so the socket always has room for it.
    ErrorCode error;
    const std::size_t sent = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (error || sent != bytes.size()) {
        fail(error ? describe(error) : "the DTU takes no data");
        return false;
    }
    return true;
}

void DtuSession::receive() {
    if (receiving_) {
        return;
    }
    receiving_ = true;
    socket_.async_read_some(asio::buffer(buffer_),
                            [this, number = connection_number_](const ErrorCode& error, std::size_t size) {
                                if (error != asio::error::operation_aborted && number == connection_number_) {
                                    on_received(error, size);
                                }
                            });
}

void DtuSession::on_received(const ErrorCode& error, std::size_t size) {
    receiving_ = false;
    if (error) {
        return fail(describe(error));
    }
    scan_->received(std::span{buffer_}.first(size), Clock::now());
    advance();
}

void DtuSession::arm_timer(SteadyTime until) {
    if (until == timer_until_) {
        return;
    }
    timer_until_ = until;
    timer_.expires_at(until);
    timer_.async_wait([this, number = ++timer_number_](const ErrorCode& error) {
        if (error != asio::error::operation_aborted && number == timer_number_) {
            on_timer();
        }
    });
}

void DtuSession::on_timer() {
    timer_until_ = {};
    if (!connected_) {
        if (next_endpoint_ < endpoints_.size()) {
            return connect_next();
        }
        return fail("no connection within " + std::to_string(settings_.timeout.count()) + " ms");
    }
    ErrorCode error;
    if (receiving_ && socket_.available(error) > 0) {
        return;  // the io_context was not run for a while; the reply is here and its handler comes next
    }
    advance();
}

void DtuSession::fail(std::string_view reason) {
    const bool never_connected = next_endpoint_ > 0 && !connected_;
    if (resolved_at_ != SteadyTime::max() && never_connected) {
        endpoints_.clear();
    }
    scan_->interrupted(reason);
    finish();
}

void DtuSession::finish() {
    disconnect();
    resolver_.cancel();
    timer_.cancel();
    ++timer_number_;
    timer_until_ = {};
    quiet_until_ = scan_->quiet_until();
    ScanResult result = scan_->take_result();
    scan_.reset();
    owner_.finished(index_, std::move(result));
}

void DtuSession::disconnect() {
    ErrorCode ignored;
    socket_.close(ignored);
    ++connection_number_;
    connected_ = false;
    receiving_ = false;
    if (claimed_) {
        owner_.release(*claimed_);
        claimed_.reset();
    }
}

}  // namespace heliograph::hoymiles
