// The frame around metrics on disk: text that a person can read, with a length and a checksum for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heliograph::delivery {

/// A record is one header line and then as many bytes of line protocol as the header says:
///
///     #R 00000000000003e8 00000002 0000004f 5d2c91a0
///     port,serial_number=1162 pv_power=312.5 1782036000000000000
///     port,serial_number=1163 pv_power=309 1782036000000000000
///
/// The header is a comment of line protocol, so that a segment as a whole is line protocol, too. Its numbers
/// are hexadecimal, of fixed width: the sequence number of the first metric, how many there are, the bytes of
/// their text, and the CRC-32 (IEEE 802.3) of the three numbers as they stand and of that text.
struct RecordHeader {
    std::uint64_t first = 0;
    std::uint32_t count = 0;   ///< of metrics, at least 1
    std::uint32_t length = 0;  ///< of the text, bytes
    std::uint32_t checksum = 0;

    [[nodiscard]] std::uint64_t end() const noexcept { return first + count; }
};

/// Bytes of the header line, its newline included.
inline constexpr std::size_t kRecordHeaderBytes = 47;
/// Longer texts are taken for damage.
inline constexpr std::uint32_t kLongestRecord = 256U << 20U;

/// Writes the header of a record of that text to `out`, which has room for kRecordHeaderBytes. The text holds
/// `count` metrics and at most kLongestRecord bytes. [any thread]
void write_record_header(char* out, std::uint64_t first, std::uint32_t count, std::string_view text) noexcept;

/// The header at the beginning of `bytes`; nothing when there is none, or too little of it. Says nothing
/// about the text. [any thread]
[[nodiscard]] std::optional<RecordHeader> read_record_header(std::string_view bytes) noexcept;

/// Whether header and text belong together; `header_bytes` are those that the header was read from.
[[nodiscard]] bool is_intact(std::string_view header_bytes, const RecordHeader& header,
                             std::string_view text) noexcept;

/// A record found in a run of bytes.
struct FoundRecord {
    std::size_t offset = 0;  ///< of its header
    RecordHeader header;
    std::string_view text;
};

/// The first intact record at `offset` or behind it; nothing when there is none. What lies before it is
/// damaged, or belongs to no record. [any thread]
[[nodiscard]] std::optional<FoundRecord> find_record(std::string_view bytes, std::size_t offset) noexcept;

}  // namespace heliograph::delivery
