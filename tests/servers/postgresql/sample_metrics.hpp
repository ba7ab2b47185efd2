// A hundred thousand metrics of every type, with the values at the ends of each, and what a table of them
// must hold.
#pragma once

#include <heliograph/batch.hpp>
#include <heliograph/metric.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::sql::test {

/// The n-th metric of the sample, all of which differ in time and tags.
struct SampleMetric {
    static constexpr std::size_t kCount = 100'000;
    static constexpr std::size_t kMeasurements = 5;

    explicit SampleMetric(std::size_t number) : n(number) {
        constexpr std::int64_t kMillisecond = 1'000'000;
        time = 1'782'036'000'000'000'000 + static_cast<std::int64_t>(n / 3) * kMillisecond;
        if (n == 0) {
            time = std::numeric_limits<std::int64_t>::min();
        } else if (n == 1) {
            time = std::numeric_limits<std::int64_t>::max();
        }
        if (n % 3 != 0) {
            zone = n % 2 == 0 ? "Süd 🌞" : "north";
        }
        if (n % 7 != 0) {
            floating = floating_value();
        }
        if (n % 3 != 1) {
            integer = integer_value();
        }
        if (n % 11 != 2) {
            number_without_sign = static_cast<std::uint64_t>(integer_value()) * (n % 2 + 1);
        }
        boolean = n % 2 == 0;
        if (n % 2 == 0) {
            text = some_of_unicode();
        }
    }

    [[nodiscard]] std::string measurement() const { return "sample_" + std::to_string(n % kMeasurements); }
    void add_to(Batch batch) const {
        const std::string name = measurement();
        auto metric = batch.add(std::string_view(name), 2, 5);
        metric.tag("n", std::to_string(n));
        if (!zone.empty()) {
            metric.tag("zone", zone);
        }
        if (floating) {
            metric.field("floating", *floating);
        }
        if (integer) {
            metric.field("integer", *integer);
        }
        if (number_without_sign) {
            metric.field("unsigned", *number_without_sign);
        }
        metric.field("boolean", boolean);
        if (text) {
            metric.field("text", *text);
        }
        metric.time(time);
    }

    std::size_t n;
    std::int64_t time = 0;
    std::string zone;
    std::optional<double> floating;
    std::optional<std::int64_t> integer;
    std::optional<std::uint64_t> number_without_sign;
    bool boolean = false;
    std::optional<std::string> text;

private:
    [[nodiscard]] double floating_value() const {
        using Limits = std::numeric_limits<double>;
        constexpr std::array<double, 10> kEnds{0.0,           -0.0,
                                               Limits::min(), Limits::denorm_min(),
                                               Limits::max(), Limits::lowest(),
                                               0.1,           std::numeric_limits<double>::infinity(),
                                               1e-7,          std::numeric_limits<double>::quiet_NaN()};
        return n < 1'000 ? kEnds[n % kEnds.size()] : std::sin(static_cast<double>(n)) * 1e6;
    }
    [[nodiscard]] std::int64_t integer_value() const {
        using Limits = std::numeric_limits<std::int64_t>;
        constexpr std::array<std::int64_t, 6> kEnds{0, -1, 1, Limits::max(), Limits::min(), 9'999};
        return n < 1'000 ? kEnds[n % kEnds.size()]
                         : static_cast<std::int64_t>(n * 0x9E3779B97F4A7C15ULL) >> (n % 64);
    }
    /// All texts together hold every character of Unicode but NUL, which none of the databases takes.
    [[nodiscard]] std::string some_of_unicode() const {
        constexpr std::uint32_t kLast = 0x10FFFF;
        constexpr std::size_t kEach = 2 * (kLast / kCount + 1);
        std::string made;
        for (std::size_t i = 0; i < kEach; ++i) {
            const auto character = static_cast<std::uint32_t>(n / 2 * kEach + i);
            if (character == 0 || character > kLast || (character >= 0xD800 && character <= 0xDFFF)) {
                continue;
            }
            append_utf8(made, character);
        }
        return made;
    }
    static void append_utf8(std::string& text, std::uint32_t character) {
        const auto put = [&](std::uint32_t bits) { text += static_cast<char>(bits); };
        if (character < 0x80) {
            put(character);
        } else if (character < 0x800) {
            put(0xC0 | (character >> 6));
            put(0x80 | (character & 0x3F));
        } else if (character < 0x10000) {
            put(0xE0 | (character >> 12));
            put(0x80 | ((character >> 6) & 0x3F));
            put(0x80 | (character & 0x3F));
        } else {
            put(0xF0 | (character >> 18));
            put(0x80 | ((character >> 12) & 0x3F));
            put(0x80 | ((character >> 6) & 0x3F));
            put(0x80 | (character & 0x3F));
        }
    }
};

}  // namespace heliograph::sql::test
