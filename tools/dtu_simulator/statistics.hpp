/// What a simulated DTU has seen of its clients, to judge whether a client treats DTUs well.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace heliograph::dtu_simulator {

/// Counted since construction or the last reset.
struct Statistics {
    std::uint64_t connections = 0;       ///< accepted, refused ones included
    std::uint64_t connections_open = 0;  ///< at this moment
    std::uint64_t most_open_at_once = 0;
    std::uint64_t requests = 0;         ///< received and well framed
    std::uint64_t replies = 0;          ///< begun to be sent, exceptions and cut ones included
    std::uint64_t scans = 0;            ///< reads of the first port record
    std::uint64_t scans_completed = 0;  ///< end-of-list records sent
    std::uint64_t framing_errors = 0;   ///< connections closed for bytes that are not Modbus TCP
    /// Shortest time from one request to the next, over all connections, as measured here by the real clock.
    std::optional<std::chrono::nanoseconds> shortest_gap = std::nullopt;
};

}  // namespace heliograph::dtu_simulator
