#include "inputs/hoymiles_dtu/site_time.hpp"

#include <ctime>

namespace heliograph::hoymiles {
namespace {

std::optional<int> parse_two_digits(std::string_view text) {
    const auto is_digit = [](char character) { return character >= '0' && character <= '9'; };
    if (text.size() != 2 || !is_digit(text[0]) || !is_digit(text[1])) {
        return std::nullopt;
    }
    return (text[0] - '0') * 10 + (text[1] - '0');
}

std::chrono::seconds system_utc_offset(std::time_t time) {
    std::tm local{};
    return std::chrono::seconds{localtime_r(&time, &local) == nullptr ? 0 : local.tm_gmtoff};
}

}  // namespace

std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text) {
    if (text == "Z") {
        return std::chrono::minutes{0};
    }
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return std::nullopt;
    }
    const auto hours = parse_two_digits(text.substr(1, 2));
    const auto minutes = parse_two_digits(text.substr(4, 2));
    if (!hours || !minutes || *hours > 18 || *minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
    return text[0] == '-' ? -offset : offset;
}

Moment site_moment(std::int64_t unix_nanoseconds, std::optional<std::chrono::minutes> utc_offset) {
    const auto time = std::chrono::floor<std::chrono::seconds>(
        std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{unix_nanoseconds}});
    const std::chrono::seconds offset = utc_offset
                                            ? std::chrono::seconds{*utc_offset}
                                            : system_utc_offset(std::chrono::system_clock::to_time_t(time));
    const auto day = std::chrono::floor<std::chrono::days>(time + offset).time_since_epoch().count();
    return {time, static_cast<std::int32_t>(day)};
}

}  // namespace heliograph::hoymiles
