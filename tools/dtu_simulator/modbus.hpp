/// Modbus TCP framing from the server's side, without a socket: bytes to requests, answers to bytes.
///
/// Sources: MODBUS Messaging on TCP/IP Implementation Guide V1.0b (MBAP header), MODBUS Application Protocol
/// V1.1b3 (function 3, exception codes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace heliograph::dtu_simulator::modbus {

constexpr std::uint8_t kReadHoldingRegisters = 3;

enum class ExceptionCode : std::uint8_t {
    illegal_function = 1,
    illegal_data_address = 2,
    illegal_data_value = 3,
    server_device_failure = 4,
    gateway_target_failed_to_respond = 11,
};

/// One request. `address` and `count` are meaningful only where `readable` is true: function 3 of the right
/// length.
struct Request {
    std::uint16_t transaction = 0;
    std::uint8_t unit = 0;
    std::uint8_t function = 0;
    bool readable = false;
    std::uint16_t address = 0;
    std::uint16_t count = 0;
};

enum class ParseStatus {
    complete,
    incomplete,  ///< more bytes are needed
    invalid,     ///< not Modbus TCP; the connection has lost its framing for good
};

struct ParseResult {
    ParseStatus status = ParseStatus::incomplete;
    Request request;
    std::size_t consumed = 0;  ///< bytes of the first frame, 0 unless complete
};

/// Looks at the first frame in `bytes` and keeps nothing of it.
[[nodiscard]] ParseResult parse_request(std::span<const std::uint8_t> bytes);

/// A normal answer. `byte_count` replaces the true count, for servers that fill the field wrongly.
[[nodiscard]] std::vector<std::uint8_t> make_reply(const Request& request, std::span<const std::uint8_t> data,
                                                   std::optional<std::uint8_t> byte_count = std::nullopt);

/// An answer that is the function code and nothing else.
[[nodiscard]] std::vector<std::uint8_t> make_bare_reply(const Request& request);

[[nodiscard]] std::vector<std::uint8_t> make_exception(const Request& request, std::uint8_t code);

}  // namespace heliograph::dtu_simulator::modbus
