#include "outputs/stdout/time_text.hpp"

#include <time.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace heliograph::standard_output {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

struct SplitTime {
    std::int64_t seconds;  // rounded down
    std::int64_t nanoseconds;
};

/// By hand, since chrono's floor of nanoseconds overflows at the far ends of the range.
SplitTime split(std::int64_t time) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t rest = time % kSecond;
    return rest < 0 ? SplitTime{time / kSecond - 1, rest + kSecond} : SplitTime{time / kSecond, rest};
}

template <std::size_t size, class... Arguments>
void append_formatted(line_protocol::Buffer& out, const char* format, Arguments... arguments) {
    std::array<char, size> text;
    const int length = std::snprintf(text.data(), text.size(), format, arguments...);
    out.append(std::string_view(text.data(), static_cast<std::size_t>(length)));
}

}  // namespace

void append_rfc3339(line_protocol::Buffer& out, std::int64_t time) {
    const auto [whole, rest] = split(time);
    const std::chrono::sys_seconds point{seconds(whole)};
    const auto day = floor<days>(point);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(point - day);
    append_formatted<64>(out, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                         static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                         static_cast<int>(clock.seconds().count()), static_cast<long long>(rest));
}

void append_time_of_day(line_protocol::Buffer& out, std::int64_t time, TimeZone zone) {
    const time_t whole = split(time).seconds;
    tm parts{};
    if (zone == TimeZone::local) {
        localtime_r(&whole, &parts);
    } else {
        gmtime_r(&whole, &parts);
    }
    append_formatted<48>(out, "%02d:%02d:%02d", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace heliograph::standard_output
