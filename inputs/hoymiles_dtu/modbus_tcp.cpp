#include "inputs/hoymiles_dtu/modbus_tcp.hpp"

#include <algorithm>
#include <cstdio>

namespace heliograph::hoymiles {
namespace {

constexpr std::uint8_t kReadHoldingRegisters = 0x03;
constexpr std::uint8_t kExceptionFlag = 0x80;

constexpr std::uint8_t high(std::uint16_t value) {
    return static_cast<std::uint8_t>(value >> 8U);
}
constexpr std::uint8_t low(std::uint16_t value) {
    return static_cast<std::uint8_t>(value & 0xFFU);
}

std::uint16_t word(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return static_cast<std::uint16_t>((bytes[offset] << 8U) | bytes[offset + 1]);
}

std::string hex(unsigned value) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%02X", value);
    return text;
}

Reply malformed(std::string reason) {
    return Reply{ReplyKind::malformed, {}, 0, std::move(reason)};
}

/// `pdu` is what follows the unit id: function code and the rest; at least one byte.
Reply read_pdu(std::span<const std::uint8_t> pdu) {
    if (pdu[0] == (kReadHoldingRegisters | kExceptionFlag)) {
        if (pdu.size() < 2) {
            return malformed("an exception came without its code");
        }
        return Reply{ReplyKind::exception, {}, pdu[1], {}};
    }
    if (pdu[0] != kReadHoldingRegisters) {
        return malformed("the reply is of function " + hex(pdu[0]) + ", asked was function 0x03");
    }
    if (pdu.size() <= 2) {
        return Reply{ReplyKind::empty, {}, 0, {}};
    }
    return Reply{ReplyKind::data, pdu.subspan(2), 0, {}};
}

}  // namespace

RequestBytes encode(const ReadRequest& request) {
    constexpr std::uint8_t following_bytes = 6;
    return {high(request.transaction),
            low(request.transaction),
            0,
            0,
            0,
            following_bytes,
            request.unit,
            kReadHoldingRegisters,
            high(request.start),
            low(request.start),
            high(request.count),
            low(request.count)};
}

std::string_view exception_name(std::uint8_t code) {
    switch (code) {
        case 1:
            return "illegal_function";
        case 2:
            return "illegal_data_address";
        case 3:
            return "illegal_data_value";
        case 4:
            return "server_device_failure";
        case 5:
            return "acknowledge";
        case 6:
            return "server_device_busy";
        case 8:
            return "memory_parity_error";
        case 10:
            return "gateway_path_unavailable";
        case 11:
            return "gateway_target_device_failed_to_respond";
        default:
            return "unknown";
    }
}

void ReplyReader::expect(std::uint16_t transaction) {
    transaction_ = transaction;
}

std::optional<Reply> ReplyReader::feed(std::span<const std::uint8_t> bytes) {
    make_room();
    while (true) {
        const std::size_t taken = std::min(bytes.size(), buffer_.size() - end_);
        std::copy_n(bytes.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(end_));
        end_ += taken;
        bytes = bytes.subspan(taken);
        auto reply = take_frame();
        if (reply && !bytes.empty()) {
            // One request is answered by one frame. So much more at once is no late reply but a stream of
            // something else.
            return malformed("more bytes followed the reply than any reply can have");
        }
        if (reply || bytes.empty()) {
            return reply;
        }
        make_room();
    }
}

std::optional<Reply> ReplyReader::take_frame() {
    while (end_ - begin_ >= kHeaderLength) {
        const std::span<const std::uint8_t> held{buffer_.data() + begin_, end_ - begin_};
        if (const std::uint16_t protocol = word(held, 2); protocol != 0) {
            return malformed("the bytes are not Modbus TCP: protocol id " + hex(protocol) +
                             " where 0 belongs");
        }
        // The length counts the unit id and all that follows it.
        const std::size_t length = word(held, 4);
        if (length < 2 || length > kMaximumFrameLength - kHeaderLength + 1) {
            return malformed("the length field says " + std::to_string(length) + ", possible are 2 to 254");
        }
        const std::size_t frame_length = kHeaderLength - 1 + length;
        if (held.size() < frame_length) {
            return std::nullopt;
        }
        begin_ += frame_length;
        if (word(held, 0) == transaction_) {
            return read_pdu(held.subspan(kHeaderLength, frame_length - kHeaderLength));
        }
        ++late_replies_;
    }
    return std::nullopt;
}

void ReplyReader::make_room() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
}

}  // namespace heliograph::hoymiles
