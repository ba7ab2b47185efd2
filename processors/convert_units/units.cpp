#include "processors/convert_units/units.hpp"

#include <udunits2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace heliograph::convert_units {
namespace {

/// UDUNITS-2 keeps its parser, its status and its table of units in globals ("The library is not
/// thread-safe", UDUNITS-2 manual), so every call but the conversion of a number happens under this lock.
std::mutex& library_mutex() {
    static std::mutex mutex;
    return mutex;
}

/// The database of units with what electricity needs besides. Read once and kept: units refer to it. Call it
/// under the lock.
ut_system* unit_system() {
    static ut_system* const system = [] {
        ut_set_error_message_handler(ut_ignore);
        ut_system* const made = ut_read_xml(nullptr);
        if (made == nullptr) {
            throw std::runtime_error(
                "cannot read the UDUNITS-2 database of units; install it (Debian: libudunits2-data) or name "
                "it in "
                "UDUNITS2_XML_PATH");
        }
        for (const auto& [symbol, meaning] : {std::pair{"Wh", "W.h"}, {"Ah", "A.h"}, {"VAh", "V.A.h"}}) {
            ut_unit* const unit = ut_parse(made, meaning, UT_UTF8);
            ut_map_symbol_to_unit(symbol, UT_UTF8, unit);
            ut_free(unit);
        }
        // Reactive power has the dimension of power, but a sum of watts and vars means nothing: it stays
        // apart.
        ut_unit* const var = ut_new_base_unit(made);
        ut_map_symbol_to_unit("var", UT_UTF8, var);
        ut_unit* const varh = ut_parse(made, "var.h", UT_UTF8);
        ut_map_symbol_to_unit("varh", UT_UTF8, varh);
        ut_free(varh);
        ut_free(var);
        return made;
    }();
    return system;
}

/// The number of ten digits that a computed constant stands for, if it lies within the error of the
/// computation.
std::optional<double> plain_number(double value, double error) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.9e", value);
    const double plain = std::strtod(text.data(), nullptr);
    return std::abs(plain - value) <= error ? std::optional(plain) : std::nullopt;
}

constexpr double kScaleError = 1e-13;   // relative
constexpr double kOffsetError = 1e-12;  // absolute; the largest constant is that of degF, 459.67
constexpr double kLineError = 1e-9;     // relative

}  // namespace

Conversion::Conversion(std::shared_ptr<cv_converter> converter) {
    const auto convert = [&](double value) { return cv_convert_double(converter.get(), value); };
    const double offset = convert(0);
    const double scale = convert(1) - offset;
    const auto on_line = [&](double value) {
        const double want = convert(value);
        return std::abs(offset + scale * value - want) <= kLineError * std::max(1.0, std::abs(want));
    };
    if (!std::isfinite(offset) || !std::isfinite(scale) || scale == 0 || !on_line(-40) || !on_line(1000)) {
        general_ = std::move(converter);
        return;
    }
    if (const auto plain = plain_number(1 / scale, kScaleError / std::abs(scale));
        plain && std::abs(scale) < 1) {
        divisor_ = *plain;
    } else {
        multiplier_ = plain_number(scale, kScaleError * std::abs(scale)).value_or(scale);
    }
    if (const auto after = plain_number(offset, kOffsetError)) {
        after_ = *after;
    } else if (const auto before = plain_number(offset / scale, kOffsetError)) {
        before_ = *before;
    } else {
        after_ = offset;
    }
}

double Conversion::convert_generally(double value) const noexcept {
    return cv_convert_double(general_.get(), value);
}

std::optional<Unit> Unit::parse(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_space(text.back())) {
        text.remove_suffix(1);
    }
    // Empty text is the unit 1 to UDUNITS-2; here it says nothing. A zero byte would end the text early.
    if (text.empty() || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const std::lock_guard lock(library_mutex());
    ut_unit* const unit = ut_parse(unit_system(), std::string(text).c_str(), UT_UTF8);
    if (unit == nullptr) {
        return std::nullopt;
    }
    return Unit(std::shared_ptr<ut_unit>(unit, [](ut_unit* it) {
        const std::lock_guard free_lock(library_mutex());
        ut_free(it);
    }));
}

std::optional<Conversion> Unit::conversion_to(const Unit& target) const {
    std::shared_ptr<cv_converter> converter;
    {
        const std::lock_guard lock(library_mutex());
        cv_converter* const made = ut_get_converter(unit_.get(), target.unit_.get());
        if (made == nullptr) {
            return std::nullopt;
        }
        converter.reset(made, cv_free);
    }
    return Conversion(std::move(converter));
}

bool Unit::same_as(const Unit& other) const {
    const std::lock_guard lock(library_mutex());
    return ut_compare(unit_.get(), other.unit_.get()) == 0;
}

std::string_view suggest_unit(std::string_view text) {
    struct Spelling {
        std::string_view lower;
        std::string_view unit;
    };
    static constexpr std::array<Spelling, 24> kSpellings{{
        {"w", "W"},        {"kw", "kW"},   {"wh", "Wh"},   {"kwh", "kWh"}, {"mwh", "MWh"},  {"ah", "Ah"},
        {"v", "V"},        {"a", "A"},     {"hz", "Hz"},   {"c", "degC"},  {"f", "degF"},   {"deg c", "degC"},
        {"deg f", "degF"}, {"pct", "%"},   {"sec", "s"},   {"secs", "s"},  {"mins", "min"}, {"hrs", "h"},
        {"hr", "h"},       {"kva", "kVA"}, {"volts", "V"}, {"mps", "m/s"}, {"kph", "km/h"}, {"kmh", "km/h"},
    }};
    std::string lower(text);
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const auto found = std::find_if(kSpellings.begin(), kSpellings.end(),
                                    [&](const Spelling& spelling) { return spelling.lower == lower; });
    return found == kSpellings.end() ? std::string_view{} : found->unit;
}

}  // namespace heliograph::convert_units
