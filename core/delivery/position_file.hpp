// Remembers across restarts how far an output has come in its disk buffer.
#pragma once

#include "core/delivery/file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heliograph::delivery {

/// A run of sequence numbers, without the end.
struct SequenceRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0;

    friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

/// What is done: every metric before `next`, and those in `done`, which lie behind it: accepted or rejected
/// while older ones were kept.
struct Position {
    std::uint64_t next = 0;
    std::vector<SequenceRange> done;  ///< ascending, apart from each other

    friend bool operator==(const Position&, const Position&) = default;
};

/// A position as a line of text, fixed in form: `#P <generation> <next> <pairs> <checksum>`. Ranges beyond
/// what fits in a slot are left out, so that after a crash their metrics are delivered again. [any thread]
[[nodiscard]] std::string format_position(std::uint64_t generation, const Position& position);

struct StoredPosition {
    std::uint64_t generation = 0;
    Position position;
};
/// The position that a slot begins with; nothing when it holds none that is intact. [any thread]
[[nodiscard]] std::optional<StoredPosition> parse_position(std::string_view slot);

/// The newest of the positions that a position file holds. [any thread]
[[nodiscard]] std::optional<StoredPosition> newest_stored(std::string_view file);

/// The file `position` of a buffer: two slots that are written in turn, so that a write that is cut short
/// leaves the one before. Not thread-safe.
class PositionFile {
public:
    static constexpr std::size_t kSlotBytes = 4096;

    explicit PositionFile(FileSystem& files) : files_(files) {}

    /// Opens or makes the file, and claims it. The newest intact position, or nothing when there is none.
    [[nodiscard]] std::error_code open(const std::filesystem::path& path, std::optional<Position>& found);
    /// Writes the older slot. A file that somebody has removed is made again.
    [[nodiscard]] std::error_code write(const Position& position);
    [[nodiscard]] std::error_code sync();

private:
    [[nodiscard]] std::error_code open_file();

    FileSystem& files_;
    std::filesystem::path path_;
    File file_;
    std::uint64_t generation_ = 0;
};

}  // namespace heliograph::delivery
