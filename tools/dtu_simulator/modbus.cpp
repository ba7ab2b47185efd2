#include "tools/dtu_simulator/modbus.hpp"

namespace heliograph::dtu_simulator::modbus {
namespace {

constexpr std::size_t kHeaderBytes = 7;
// The length field counts the unit identifier and the protocol data unit, which has 1 to 253 bytes.
constexpr std::size_t kShortestLength = 2;
constexpr std::size_t kLongestLength = 254;

std::uint16_t get16(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

std::vector<std::uint8_t> make_header(const Request& request, std::size_t pdu_bytes) {
    const std::size_t length = pdu_bytes + 1;
    std::vector<std::uint8_t> frame;
    frame.reserve(kHeaderBytes + pdu_bytes);
    frame.push_back(static_cast<std::uint8_t>(request.transaction >> 8));
    frame.push_back(static_cast<std::uint8_t>(request.transaction & 0xFF));
    frame.push_back(0);
    frame.push_back(0);
    frame.push_back(static_cast<std::uint8_t>(length >> 8));
    frame.push_back(static_cast<std::uint8_t>(length & 0xFF));
    frame.push_back(request.unit);
    return frame;
}

}  // namespace

ParseResult parse_request(std::span<const std::uint8_t> bytes) {
    ParseResult result;
    if (bytes.size() < kHeaderBytes) {
        return result;
    }
    const std::uint16_t protocol = get16(bytes, 2);
    const std::size_t length = get16(bytes, 4);
    if (protocol != 0 || length < kShortestLength || length > kLongestLength) {
        result.status = ParseStatus::invalid;
        return result;
    }
    const std::size_t frame_bytes = kHeaderBytes - 1 + length;
    if (bytes.size() < frame_bytes) {
        return result;
    }
    result.status = ParseStatus::complete;
    result.consumed = frame_bytes;
    result.request.transaction = get16(bytes, 0);
    result.request.unit = bytes[6];
    result.request.function = bytes[7];
    result.request.readable = result.request.function == kReadHoldingRegisters && frame_bytes == 12;
    if (result.request.readable) {
        result.request.address = get16(bytes, 8);
        result.request.count = get16(bytes, 10);
    }
    return result;
}

std::vector<std::uint8_t> make_reply(const Request& request, std::span<const std::uint8_t> data,
                                     std::optional<std::uint8_t> byte_count) {
    std::vector<std::uint8_t> frame = make_header(request, 2 + data.size());
    frame.push_back(request.function);
    frame.push_back(byte_count.value_or(static_cast<std::uint8_t>(data.size())));
    frame.insert(frame.end(), data.begin(), data.end());
    return frame;
}

std::vector<std::uint8_t> make_bare_reply(const Request& request) {
    std::vector<std::uint8_t> frame = make_header(request, 1);
    frame.push_back(request.function);
    return frame;
}

std::vector<std::uint8_t> make_exception(const Request& request, std::uint8_t code) {
    std::vector<std::uint8_t> frame = make_header(request, 2);
    frame.push_back(static_cast<std::uint8_t>(request.function | 0x80));
    frame.push_back(code);
    return frame;
}

}  // namespace heliograph::dtu_simulator::modbus
