// Looks into the folder of a disk buffer from outside, whether its program runs or not, and mends it.
#pragma once

#include "core/delivery/file.hpp"
#include "core/delivery/position_file.hpp"
#include "core/delivery/record.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::delivery {

/// Bytes of a segment that belong to no intact record.
struct DamagedBytes {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    bool at_end = false;  ///< nothing intact follows: cut short, or being written at this moment
};

struct SegmentReport {
    std::string name;
    std::uint64_t first = 0;  ///< number of its first metric, as the name says
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t metrics = 0;
    std::uint64_t missing = 0;  ///< metrics whose numbers no record has
    std::uint64_t end = 0;      ///< one behind the number of its last metric
    std::vector<DamagedBytes> damaged;
};

struct BufferReport {
    std::vector<SegmentReport> segments;
    std::optional<Position> position;  ///< nothing: no intact one, so all metrics count as not delivered
    std::uint64_t undelivered = 0;

    [[nodiscard]] bool intact() const noexcept;
    [[nodiscard]] std::uint64_t bytes() const noexcept;
};

/// A record with the metrics of it that are not delivered.
struct UndeliveredRecord {
    RecordHeader header;
    std::string_view text;
    std::vector<bool> undelivered;  ///< one per metric of the record
};

/// Reads a buffer, one segment at a time, and says what is in it. `on_record` sees every record that holds
/// something undelivered, oldest first; it may be empty. Changes nothing. `error`: why it could not be read.
[[nodiscard]] BufferReport inspect(const std::filesystem::path& folder, FileSystem& files, std::string& error,
                                   const std::function<void(const UndeliveredRecord&)>& on_record = {});

/// Takes the damaged bytes out of every segment that has some; they are kept beside it, as
/// `<segment>.damaged`. No intact record is touched. The program that owns the buffer must not run. An error
/// for people, or an empty text.
[[nodiscard]] std::string repair(const std::filesystem::path& folder, const BufferReport& report,
                                 FileSystem& files);

}  // namespace heliograph::delivery
