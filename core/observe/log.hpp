// The log: one line per event, with the node's name, as text for people or JSON for programs.
#pragma once

#include <heliograph/host.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::observe {

enum class LogFormat : std::uint8_t { text, json };

/// Writes whole lines to a file descriptor (standard error by default). [any thread]
class Log {
public:
    explicit Log(LogFormat format = LogFormat::text, LogLevel level = LogLevel::info, int descriptor = 2)
        : format_(format), level_(level), descriptor_(descriptor) {}
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    [[nodiscard]] LogLevel level() const noexcept { return level_; }
    void configure(LogFormat format, LogLevel level) noexcept;

    /// Text that must never be written: each occurrence in a message becomes "***". Texts under four bytes
    /// are ignored, since they would hide half of every line.
    void hide(std::string secret);

    /// Writes a line whatever its level; callers ask level() or have a level of their own per node. `node`
    /// may be empty. Control characters in the message are escaped, so a message is always one line.
    void write(LogLevel level, std::string_view node, std::string_view message);

private:
    [[nodiscard]] std::string without_secrets(std::string_view message) const;

    std::mutex mutex_;
    LogFormat format_;
    LogLevel level_;
    int descriptor_;
    std::vector<std::string> secrets_;
};

/// UTC, nanoseconds since the epoch. [any thread]
[[nodiscard]] std::int64_t wall_clock() noexcept;

/// Appends a timestamp as RFC 3339 in UTC with milliseconds: "2026-06-21T10:00:00.000Z".
void append_time(std::string& out, std::int64_t nanoseconds);

/// Appends text as a JSON string, quotes included. Bytes that are not UTF-8 are kept as they are.
void append_json_string(std::string& out, std::string_view text);

}  // namespace heliograph::observe
