// Units of measurement and what lies between two of them: the only part that sees UDUNITS-2.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

union cv_converter;
union ut_unit;

namespace heliograph::convert_units {

/// Turns numbers of one unit into another. [any thread] once made.
class Conversion {
public:
    [[nodiscard]] double operator()(double value) const noexcept {
        return general_ == nullptr ? (value + before_) * multiplier_ / divisor_ + after_
                                   : convert_generally(value);
    }
    /// True when no number changes.
    [[nodiscard]] bool is_identity() const noexcept {
        return general_ == nullptr && before_ == 0 && after_ == 0 && multiplier_ == divisor_;
    }

private:
    friend class Unit;
    explicit Conversion(std::shared_ptr<cv_converter> converter);

    [[nodiscard]] double convert_generally(double value) const noexcept;

    // A straight line, written with the constants that people know: x / 1000, (x - 32) / 1.8. So watts become
    // kilowatts without a tail of digits.
    double before_ = 0;
    double multiplier_ = 1;
    double divisor_ = 1;
    double after_ = 0;
    std::shared_ptr<cv_converter>
        general_;  // set when it is no straight line; shared by copies of the conversion
};

/// A unit, parsed. [any thread]
class Unit {
public:
    /// Reads UDUNITS-2 syntax ("W", "m s-1", "W.h"), and besides Wh, Ah, VAh, var and varh, with prefixes.
    /// Nothing when the text is no unit. Throws std::runtime_error when UDUNITS-2 finds no database of units.
    [[nodiscard]] static std::optional<Unit> parse(std::string_view text);

    /// Nothing when the two have unlike dimensions.
    [[nodiscard]] std::optional<Conversion> conversion_to(const Unit& target) const;

    [[nodiscard]] bool same_as(const Unit& other) const;

private:
    explicit Unit(std::shared_ptr<ut_unit> unit) : unit_(std::move(unit)) {}

    std::shared_ptr<ut_unit> unit_;  // never changed, so copies share it
};

/// A unit that was probably meant by text that is none; empty when there is no good guess.
[[nodiscard]] std::string_view suggest_unit(std::string_view text);

}  // namespace heliograph::convert_units
