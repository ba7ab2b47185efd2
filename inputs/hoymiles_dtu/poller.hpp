// Polls many DTUs at once on one thread, never with two connections to one of them.
#pragma once

#include "inputs/hoymiles_dtu/dtu_address.hpp"
#include "inputs/hoymiles_dtu/dtu_session.hpp"
#include "inputs/hoymiles_dtu/scan.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace heliograph::hoymiles {

struct PollerSettings {
    ScanSettings scan;
    /// Connections open at the same time; further scans wait for their turn. At least 1.
    std::size_t connection_limit = 1;
};

/// The scans of a fixed list of DTUs. Everything but interrupt() happens on one thread at a time.
class Poller : private SessionOwner {
public:
    /// Told when a scan is over, from within run_until. May throw: run_until then throws it on.
    using Finished = std::function<void(std::size_t index, ScanResult result)>;

    Poller(const std::vector<DtuAddress>& addresses, const PollerSettings& settings, Finished finished);

    /// Begins a scan of DTU `index`, or queues it. False when its last one is not over yet.
    bool request(std::size_t index);
    /// No scan is under way or queued.
    bool idle() const { return active_ == 0 && queue_.empty(); }
    /// Runs the scans until that time, until all are over or until interrupted. Scans that are not over go on
    /// with the next call.
    void run_until(SteadyTime time);
    /// Makes the running run_until return, or the next one. [any thread]
    void interrupt() { io_context_.stop(); }
    /// Lets run_until run again after interrupt(), and after all scans were over.
    void resume() { io_context_.restart(); }

private:
    bool claim(const boost::asio::ip::tcp::endpoint& endpoint) override;
    void release(const boost::asio::ip::tcp::endpoint& endpoint) override;
    void finished(std::size_t index, ScanResult result) override;
    void start_queued();

    PollerSettings settings_;
    Finished finished_;
    boost::asio::io_context io_context_{1};
    std::set<boost::asio::ip::tcp::endpoint> claimed_;
    // Addresses of sessions must not change; destroyed before the io_context.
    std::vector<std::unique_ptr<DtuSession>> sessions_;
    std::vector<bool> requested_;
    std::deque<std::size_t> queue_;
    std::size_t active_ = 0;
};

}  // namespace heliograph::hoymiles
