#include "inputs/hoymiles_dtu/poller.hpp"

#include <utility>

namespace heliograph::hoymiles {

Poller::Poller(const std::vector<DtuAddress>& addresses, const PollerSettings& settings, Finished finished)
    : settings_(settings), finished_(std::move(finished)), requested_(addresses.size(), false) {
    sessions_.reserve(addresses.size());
    SessionOwner& owner = *this;
    for (const DtuAddress& address : addresses) {
        sessions_.push_back(
            std::make_unique<DtuSession>(io_context_, owner, sessions_.size(), address, settings.scan));
    }
}

bool Poller::request(std::size_t index) {
    if (requested_[index]) {
        return false;
    }
    requested_[index] = true;
    queue_.push_back(index);
    start_queued();
    return true;
}

void Poller::run_until(SteadyTime time) {
    io_context_.run_until(time);
}

bool Poller::claim(const boost::asio::ip::tcp::endpoint& endpoint) {
    return claimed_.insert(endpoint).second;
}

void Poller::release(const boost::asio::ip::tcp::endpoint& endpoint) {
    claimed_.erase(endpoint);
}

void Poller::finished(std::size_t index, ScanResult result) {
    --active_;
    requested_[index] = false;
    start_queued();
    finished_(index, std::move(result));
}

void Poller::start_queued() {
    while (!queue_.empty() && active_ < settings_.connection_limit) {
        const std::size_t index = queue_.front();
        queue_.pop_front();
        ++active_;
        sessions_[index]->start();
    }
}

}  // namespace heliograph::hoymiles
