#include "outputs/influxdb_v3/database_name.hpp"

#include <algorithm>

namespace heliograph::influxdb_v3 {
namespace {

bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string_view wrong_database_name(std::string_view name, Api api) noexcept {
    constexpr std::size_t kLongest = 511;
    if (name.empty()) {
        return "is empty";
    }
    if (name.size() > kLongest) {
        return "is longer than 511 bytes";
    }
    if (std::any_of(name.begin(), name.end(), is_control)) {
        return "contains a control character";
    }
    if (api != Api::v3) {
        return {};
    }
    if (!is_letter_or_digit(name.front())) {
        return "does not begin with a letter or a digit";
    }
    if (!std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '/'; })) {
        return "contains something else than letters, digits, _, - and /";
    }
    if (std::count(name.begin(), name.end(), '/') > 1 || name.back() == '/') {
        return "may hold one /, and not at its end";
    }
    return {};
}

}  // namespace heliograph::influxdb_v3
