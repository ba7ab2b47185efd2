// Carries the scans of one DTU over TCP: resolves, connects, moves bytes and keeps time, and knows nothing of
// Modbus.
#pragma once

#include "inputs/hoymiles_dtu/dtu_address.hpp"
#include "inputs/hoymiles_dtu/scan.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace heliograph::hoymiles {

/// What a session asks of and tells its owner. Called from the thread that runs the io_context.
class SessionOwner {
public:
    virtual ~SessionOwner() = default;
    /// Whether a connection to this endpoint may be opened: never two to one DTU.
    virtual bool claim(const boost::asio::ip::tcp::endpoint& endpoint) = 0;
    virtual void release(const boost::asio::ip::tcp::endpoint& endpoint) = 0;
    /// The scan of session `index` is over and its connection closed. Never called from within start().
    virtual void finished(std::size_t index, ScanResult result) = 0;
};

/// One scan at a time, each over a connection of its own. The owner and the io_context outlive the session;
/// after its destruction the io_context must not run again, only be destroyed.
class DtuSession {
public:
    DtuSession(boost::asio::io_context& io_context, SessionOwner& owner, std::size_t index,
               DtuAddress address, const ScanSettings& settings);
    DtuSession(const DtuSession&) = delete;
    DtuSession& operator=(const DtuSession&) = delete;

    const DtuAddress& address() const { return address_; }
    bool busy() const { return scan_.has_value(); }
    /// Begins a scan. Only when not busy.
    void start();

private:
    using tcp = boost::asio::ip::tcp;
    using ErrorCode = boost::system::error_code;

    void resolve();
    void connect_next();
    void on_connected(const ErrorCode& error);
    void advance();
    bool send(std::span<const std::uint8_t> bytes);
    void receive();
    void on_received(const ErrorCode& error, std::size_t size);
    void arm_timer(SteadyTime until);
    void on_timer();
    void fail(std::string_view reason);
    void finish();
    void disconnect();

    SessionOwner& owner_;
    const std::size_t index_;
    const DtuAddress address_;
    const ScanSettings settings_;
    tcp::socket socket_;
    tcp::resolver resolver_;
    boost::asio::steady_timer timer_;
    std::optional<Scan> scan_;
    SteadyTime quiet_until_;

    // Where the name leads. Kept over several scans, asked for again after a failure and from time to time.
    std::vector<tcp::endpoint> endpoints_;
    SteadyTime resolved_at_;
    std::size_t next_endpoint_ = 0;
    std::optional<tcp::endpoint> claimed_;

    // A handler that was queued before its operation lost its meaning knows itself by an old number.
    std::uint32_t connection_number_ = 0;
    std::uint32_t timer_number_ = 0;
    SteadyTime timer_until_;
    bool connected_ = false;
    bool receiving_ = false;
    ErrorCode connect_error_;
    std::array<std::uint8_t, 512> buffer_{};
};

}  // namespace heliograph::hoymiles
