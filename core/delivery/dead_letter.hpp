// Keeps what an output's far side refused for good: a file of line protocol with the reasons as comments.
#pragma once

#include "core/delivery/file.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/metric.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace heliograph::delivery {

struct DeadLetterSettings {
    std::filesystem::path file;
    std::string node;  ///< label of the output
    std::uint64_t limit_bytes = std::uint64_t{64} << 20;
};

/// Appends to a file that a person can read and that can be delivered again:
///
///     # 2026-06-21T10:00:00.000Z outputs.archive: column "x" holds text, not numbers
///     port,serial_number=1162 x=312.5 1782036000000000000
///
/// At half of the limit the file is renamed to `<file>.1`, replacing the one before. Not thread-safe.
class DeadLetter {
public:
    DeadLetter(DeadLetterSettings settings, FileSystem& files = FileSystem::system());

    /// Adds a metric to what the next flush writes. `now`: unix nanoseconds.
    void add(MetricView metric, std::string_view reason, std::int64_t now);
    /// Writes what was added. After an error it is gone from here; the folder is made on the first flush.
    [[nodiscard]] std::error_code flush();

    [[nodiscard]] const DeadLetterSettings& settings() const noexcept { return settings_; }

private:
    [[nodiscard]] std::error_code open();
    [[nodiscard]] std::error_code cut_torn_line();
    [[nodiscard]] std::error_code rotate();

    const DeadLetterSettings settings_;
    FileSystem& files_;
    line_protocol::Encoder encoder_;
    line_protocol::Buffer pending_;
    File file_;
    std::uint64_t size_ = 0;
};

}  // namespace heliograph::delivery
