/// One simulated DTU on the network: a listening port and its connections. Private to the simulator.
#pragma once

#include "tools/dtu_simulator/responder.hpp"
#include "tools/dtu_simulator/simulated_clock.hpp"
#include "tools/dtu_simulator/statistics.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace heliograph::dtu_simulator {

/// Everything but construction happens on the thread that runs `io_context`, or while none does. Must outlive
/// the last handler: call close(), let the io_context run dry, then destroy.
class DtuServer {
public:
    using tcp = boost::asio::ip::tcp;

    DtuServer(boost::asio::io_context& io_context, const SimulatedClock& clock, Responder responder);
    ~DtuServer();
    DtuServer(const DtuServer&) = delete;
    DtuServer& operator=(const DtuServer&) = delete;

    /// Binds the endpoint and takes connections. Throws boost::system::system_error.
    void listen(const tcp::endpoint& endpoint);
    /// Drops all connections and refuses new ones, but keeps the port reserved for revive(), like a device
    /// without power keeps its address.
    void kill();
    /// Takes connections again after kill(). Throws boost::system::system_error.
    void revive();
    /// Drops everything, the port too.
    void close();

    /// Port 0 before the first listen(); kept after close().
    [[nodiscard]] const tcp::endpoint& endpoint() const { return endpoint_; }
    [[nodiscard]] Responder& responder() { return responder_; }
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }
    void reset_statistics();

private:
    class Connection;

    void bind();
    void begin_listening();
    void close_connections();
    void accept();
    void on_accepted(tcp::socket socket);
    void forget(const Connection& connection);
    [[nodiscard]] Response on_request(const modbus::Request& request);

    const SimulatedClock& clock_;
    Responder responder_;
    tcp::endpoint endpoint_;
    tcp::acceptor acceptor_;
    boost::asio::steady_timer accept_again_;
    // Tells handlers of an earlier life of the acceptor, already queued when it was killed, from those of
    // this one.
    std::uint64_t life_ = 0;
    bool listening_ = false;
    std::vector<std::shared_ptr<Connection>> connections_;
    Statistics statistics_;
    std::optional<std::chrono::steady_clock::time_point> last_request_;
};

}  // namespace heliograph::dtu_simulator
