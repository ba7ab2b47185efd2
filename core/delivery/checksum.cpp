#include "core/delivery/checksum.hpp"

#include <libdeflate.h>

namespace heliograph::delivery {

std::uint32_t checksum(std::string_view bytes, std::uint32_t begun) noexcept {
    return libdeflate_crc32(begun, bytes.data(), bytes.size());
}

}  // namespace heliograph::delivery
