// Reads where a DTU is from the text of a config.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::hoymiles {

/// A host name or number and a TCP port.
struct DtuAddress {
    std::string host;
    std::uint16_t port = 502;

    friend bool operator==(const DtuAddress&, const DtuAddress&) = default;
};

/// Reads "host", "host:port", "[IPv6]" or "[IPv6]:port"; a bare IPv6 address is taken as a host. Host names
/// come out in lower case, so that equal addresses compare equal. Nothing if it is none of these.
[[nodiscard]] std::optional<DtuAddress> parse_dtu_address(std::string_view text, std::uint16_t default_port);

}  // namespace heliograph::hoymiles
