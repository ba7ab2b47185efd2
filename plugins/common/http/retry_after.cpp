#include "plugins/common/http/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace heliograph::http {
namespace {

constexpr std::size_t kLongestDate = 64;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
    text = trimmed(text);
    // curl reads far more than the three forms, such as a bare number or a lone weekday: all three begin with
    // the name of a day and hold a time of day.
    if (text.empty() || text.size() > kLongestDate || !is_letter(text.front()) ||
        std::count(text.begin(), text.end(), ':') != 2 || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const std::time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
    if (seconds == -1) {
        return std::nullopt;
    }
    // Beyond what the clock can count in nanoseconds lies nothing that is meant.
    constexpr std::time_t kYear2200 = 7'258'118'400;
    return std::chrono::system_clock::time_point(
        std::chrono::seconds(std::clamp<std::time_t>(seconds, 0, kYear2200)));
}

std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view text,
                                                          std::chrono::system_clock::time_point now) {
    text = trimmed(text);
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
        std::chrono::seconds wait{0};
        for (const char c : text) {
            wait =
                std::min<std::chrono::seconds>(wait * 10 + std::chrono::seconds(c - '0'), kLongestRetryAfter);
        }
        return wait;
    }
    const auto date = parse_http_date(text);
    if (!date) {
        return std::nullopt;
    }
    if (*date <= now) {
        return std::chrono::nanoseconds{0};
    }
    return std::min<std::chrono::nanoseconds>(*date - now, kLongestRetryAfter);
}

}  // namespace heliograph::http
