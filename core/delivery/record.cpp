#include "core/delivery/record.hpp"

#include "core/delivery/checksum.hpp"

namespace heliograph::delivery {
namespace {

constexpr std::string_view kMark = "#R ";
constexpr std::size_t kFirstAt = kMark.size();
constexpr std::size_t kCountAt = kFirstAt + 16 + 1;
constexpr std::size_t kLengthAt = kCountAt + 8 + 1;
constexpr std::size_t kChecksumAt = kLengthAt + 8 + 1;
static_assert(kChecksumAt + 8 + 1 == kRecordHeaderBytes);

void write_hexadecimal(char* out, std::uint64_t number, std::size_t digits) noexcept {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = digits; i-- != 0; number >>= 4U) {
        out[i] = kDigits[number & 15U];
    }
    out[digits] = ' ';
}

/// Reads digits and the separator behind them. False when there is anything else.
template <class Number>
bool read_hexadecimal(std::string_view bytes, std::size_t at, char separator, Number& number) noexcept {
    constexpr std::size_t kDigits = sizeof(Number) * 2;
    std::uint64_t value = 0;
    for (const char c : bytes.substr(at, kDigits)) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
        if (digit < 0) {
            return false;
        }
        value = value << 4U | static_cast<std::uint64_t>(digit);
    }
    number = static_cast<Number>(value);
    return bytes[at + kDigits] == separator;
}

/// Of the numbers of a header, as they stand, and of the text.
std::uint32_t record_checksum(std::string_view header_bytes, std::string_view text) noexcept {
    return checksum(text, checksum(header_bytes.substr(0, kChecksumAt)));
}

}  // namespace

void write_record_header(char* out, std::uint64_t first, std::uint32_t count,
                         std::string_view text) noexcept {
    kMark.copy(out, kMark.size());
    write_hexadecimal(out + kFirstAt, first, 16);
    write_hexadecimal(out + kCountAt, count, 8);
    write_hexadecimal(out + kLengthAt, text.size(), 8);
    write_hexadecimal(out + kChecksumAt, record_checksum({out, kRecordHeaderBytes}, text), 8);
    out[kRecordHeaderBytes - 1] = '\n';
}

std::optional<RecordHeader> read_record_header(std::string_view bytes) noexcept {
    RecordHeader header;
    if (bytes.size() < kRecordHeaderBytes || bytes.substr(0, kMark.size()) != kMark ||
        !read_hexadecimal(bytes, kFirstAt, ' ', header.first) ||
        !read_hexadecimal(bytes, kCountAt, ' ', header.count) ||
        !read_hexadecimal(bytes, kLengthAt, ' ', header.length) ||
        !read_hexadecimal(bytes, kChecksumAt, '\n', header.checksum)) {
        return std::nullopt;
    }
    if (header.count == 0 || header.length > kLongestRecord || header.end() < header.first) {
        return std::nullopt;
    }
    return header;
}

bool is_intact(std::string_view header_bytes, const RecordHeader& header, std::string_view text) noexcept {
    return text.size() == header.length && record_checksum(header_bytes, text) == header.checksum;
}

std::optional<FoundRecord> find_record(std::string_view bytes, std::size_t offset) noexcept {
    for (std::size_t at = bytes.find(kMark, offset); at != std::string_view::npos;
         at = bytes.find(kMark, at + 1)) {
        const std::string_view rest = bytes.substr(at);
        const auto header = read_record_header(rest);
        if (header && rest.size() - kRecordHeaderBytes >= header->length) {
            const std::string_view text = rest.substr(kRecordHeaderBytes, header->length);
            if (is_intact(rest, *header, text)) {
                return FoundRecord{at, *header, text};
            }
        }
    }
    return std::nullopt;
}

}  // namespace heliograph::delivery
