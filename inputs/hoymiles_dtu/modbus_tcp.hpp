// Speaks Modbus TCP as far as a reader of holding registers needs it, without touching a socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace heliograph::hoymiles {

/// One "read holding registers" request (function 3).
struct ReadRequest {
    std::uint16_t transaction = 0;
    std::uint8_t unit = 1;
    std::uint16_t start = 0;
    std::uint16_t count = 0;
};

using RequestBytes = std::array<std::uint8_t, 12>;

/// The request with its MBAP header. Source: Modbus messaging on TCP/IP implementation guide, section 3.1.3,
/// and Modbus application protocol, section 6.3.
RequestBytes encode(const ReadRequest& request);

/// The name that the Modbus application protocol (section 7) gives to an exception code; "unknown" for
/// others.
std::string_view exception_name(std::uint8_t code);

enum class ReplyKind {
    data,       ///< registers came back
    empty,      ///< the right function, but not one byte of data: a DTU that has not mapped its inverters yet
    exception,  ///< the DTU refused
    malformed,  ///< not Modbus TCP, or not an answer to what was asked; the connection is out of step
};

struct Reply {
    ReplyKind kind = ReplyKind::malformed;
    /// For `data`: views into the reader, valid until its next call.
    std::span<const std::uint8_t> data;
    /// For `exception`.
    std::uint8_t exception_code = 0;
    /// For `malformed`: what was found and what was wanted.
    std::string reason;
};

/// Finds the reply to one request at a time in whatever pieces the bytes arrive. One reader serves one
/// connection. It holds at most two frames, however much the peer sends.
///
/// - The length comes from the MBAP header only. The byte count inside the reply is ignored: some DTUs fill
/// it wrongly
///   (seen: 0xFF). More data than asked for is handed on. Source: the hoymiles_modbus client and its tests.
/// - Replies with another transaction id are late answers to earlier requests and are dropped.
/// - The unit id is not compared: the transaction id already says whose answer it is.
class ReplyReader {
public:
    /// From now on the reply with this transaction id is wanted.
    void expect(std::uint16_t transaction);

    /// Takes the next bytes of the stream. Returns the wanted reply once it is complete. After a malformed
    /// reply the connection has to be closed: no further reply can be found in it.
    [[nodiscard]] std::optional<Reply> feed(std::span<const std::uint8_t> bytes);

    /// Replies dropped because they answered an earlier request.
    std::size_t late_replies() const { return late_replies_; }

private:
    std::optional<Reply> take_frame();
    void make_room();

    static constexpr std::size_t kHeaderLength = 7;
    static constexpr std::size_t kMaximumFrameLength = 260;

    std::array<std::uint8_t, 2 * kMaximumFrameLength> buffer_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint16_t transaction_ = 0;
    std::size_t late_replies_ = 0;
};

}  // namespace heliograph::hoymiles
