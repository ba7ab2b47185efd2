#include "plugins/common/text_units/size.hpp"

#include "plugins/common/text_units/decimal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace heliograph {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};

constexpr std::array<Unit, 9> kUnits{{{"B", 1},
                                      {"KB", 1'000},
                                      {"KiB", 1ULL << 10U},
                                      {"MB", 1'000'000},
                                      {"MiB", 1ULL << 20U},
                                      {"GB", 1'000'000'000},
                                      {"GiB", 1ULL << 30U},
                                      {"TB", 1'000'000'000'000},
                                      {"TiB", 1ULL << 40U}}};

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

Parsed<std::uint64_t> failure(std::string_view text, std::string_view reason) {
    constexpr std::size_t kLongest = 40;
    std::string error =
        '"' + std::string(text.substr(0, kLongest)) + (text.size() > kLongest ? "...\" " : "\" ");
    return Parsed<std::uint64_t>::failure(error.append(reason));
}

}  // namespace

Parsed<std::uint64_t> parse_size(std::string_view text) {
    std::string_view name = text;
    detail::Decimal number;
    const detail::DecimalError error = detail::take_decimal(name, number);
    if (error == detail::DecimalError::not_a_number) {
        return text.starts_with('-')
                   ? failure(text, "is negative, and a size must not be")
                   : failure(text,
                             "is not a size; write a number of bytes, or one with a unit, such as \"64MiB\"");
    }
    if (name.starts_with(' ')) {
        name.remove_prefix(1);
    }
    const Unit* unit = name.empty() ? kUnits.data() : nullptr;
    for (const Unit& known : kUnits) {
        unit = equal_ignoring_case(known.name, name) ? &known : unit;
    }
    if (unit == nullptr) {
        return failure(text, "has an unknown unit; the units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB");
    }
    const auto bytes = error == detail::DecimalError::none ? number.times(unit->bytes) : std::nullopt;
    if (!bytes) {
        return failure(text, "is too large; a size must fit 64 bits");
    }
    return *bytes;
}

std::string format_size(std::uint64_t bytes) {
    std::string shortest = std::to_string(bytes) + "B";
    for (const Unit& unit : kUnits) {
        if (bytes != 0 && bytes % unit.bytes == 0) {
            std::string text = std::to_string(bytes / unit.bytes).append(unit.name);
            if (text.size() <= shortest.size()) {
                shortest = std::move(text);
            }
        }
    }
    return shortest;
}

}  // namespace heliograph
