// The checksum of what the disk buffer stores: CRC-32 as of IEEE 802.3 and gzip (RFC 1952, section 8).
#pragma once

#include <cstdint>
#include <string_view>

namespace heliograph::delivery {

/// Of `bytes`, continuing one that was begun; 0 begins. [any thread]
[[nodiscard]] std::uint32_t checksum(std::string_view bytes, std::uint32_t begun = 0) noexcept;

}  // namespace heliograph::delivery
