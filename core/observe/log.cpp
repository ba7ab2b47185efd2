#include "core/observe/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

namespace heliograph::observe {
namespace {

constexpr std::size_t kShortestSecret = 4;

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return "error";
        case LogLevel::warning:
            return "warning";
        case LogLevel::info:
            return "info";
        case LogLevel::debug:
            return "debug";
    }
    return "info";
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
            out += escape.data();
        } else {
            out += character;
        }
    }
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written <= 0) {
            return;  // there is nowhere left to complain
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

std::int64_t wall_clock() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void append_time(std::string& out, std::int64_t nanoseconds) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    std::int64_t seconds = nanoseconds / kSecond;
    std::int64_t rest = nanoseconds % kSecond;
    if (rest < 0) {
        rest += kSecond;
        --seconds;
    }
    const std::time_t time = seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                                   parts.tm_min, parts.tm_sec, static_cast<int>(rest / 1'000'000));
    out.append(text.data(), static_cast<std::size_t>(size));
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') {
            out += '\\';
            out += character;
        } else if (byte < 0x20) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
            out += escape.data();
        } else {
            out += character;
        }
    }
    out += '"';
}

void Log::configure(LogFormat format, LogLevel level) noexcept {
    const std::lock_guard lock(mutex_);
    format_ = format;
    level_ = level;
}

void Log::hide(std::string secret) {
    if (secret.size() < kShortestSecret) {
        return;
    }
    const std::lock_guard lock(mutex_);
    // The longest first: where one secret begins another, the rest of the longer one must not stay behind.
    const auto place = std::find_if(secrets_.begin(), secrets_.end(),
                                    [&](const std::string& known) { return known.size() <= secret.size(); });
    if (place == secrets_.end() || *place != secret) {
        secrets_.insert(place, std::move(secret));
    }
}

std::string Log::without_secrets(std::string_view message) const {
    std::string clean(message);
    for (const std::string& secret : secrets_) {
        for (std::size_t at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at + 3)) {
            clean.replace(at, secret.size(), "***");
        }
    }
    return clean;
}

void Log::write(LogLevel level, std::string_view node, std::string_view message) {
    const std::lock_guard lock(mutex_);
    const std::string clean = without_secrets(message);
    std::string line;
    line.reserve(clean.size() + node.size() + 64);
    if (format_ == LogFormat::json) {
        line += R"({"time":")";
        append_time(line, wall_clock());
        line.append(R"(","level":")").append(level_name(level)).append("\"");
        if (!node.empty()) {
            line += ",\"node\":";
            append_json_string(line, node);
        }
        line += ",\"message\":";
        append_json_string(line, clean);
        line += "}\n";
    } else {
        append_time(line, wall_clock());
        line.append(" ").append(level_name(level));
        line.append(8 - level_name(level).size(), ' ');
        if (!node.empty()) {
            line.append(node).append(": ");
        }
        append_escaped(line, clean);
        line += '\n';
    }
    write_all(descriptor_, line);
}

}  // namespace heliograph::observe
