// From the fields of a metric to the values of a row.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/value.hpp"

#include <heliograph/metric.hpp>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace heliograph::sql {

/// A number that is too large for its column, but not for a wider one.
class NumberTooLarge : public RowError {
public:
    using RowError::RowError;
};

/// Makes the values of one row at a time and counts what had to be changed on the way. Allocates only for
/// what it changes. [own strand]
class RowConverter {
public:
    /// What was changed since the last reset.
    struct Changes {
        std::int64_t converted_values = 0;  ///< of another type than their column
        std::int64_t rounded_values = 0;    ///< of those, integers that a floating column holds inexactly
        std::int64_t not_a_number = 0;      ///< NaN and infinities, stored as NULL
        std::int64_t repaired_texts = 0;    ///< invalid UTF-8 or NUL
    };

    /// Forgets the texts of the last row: its values are no longer valid.
    void next_row() noexcept { texts_.clear(); }

    [[nodiscard]] Value time(std::int64_t nanoseconds, TimeFormat format);
    /// Text fit for storing; of the metric itself unless it had to be repaired.
    [[nodiscard]] Value text(std::string_view text);
    /// All tags as the text of one JSON object, in their order; valid until next_row.
    [[nodiscard]] Value tags_as_json(std::span<const hg_tag> tags);
    /// A field as its column takes it: an integer that a floating column cannot hold is rounded. Throws
    /// NumberTooLarge when the column cannot hold it at all.
    [[nodiscard]] Value field(const FieldView& field, ColumnType column);

    [[nodiscard]] const Changes& changes() const noexcept { return changes_; }
    void reset_changes() noexcept { changes_ = {}; }

private:
    template <class Number>
    Value number_as_text(Number number);
    template <class Number>
    Value integer_as_floating(Number number);
    Value keep(std::string text) { return Value::of(std::string_view(texts_.emplace_back(std::move(text)))); }

    void append_json_text(std::string_view text);

    std::string json_;
    std::deque<std::string> texts_;  // a deque, so that views into its strings stay valid
    Changes changes_;
};

/// The type of the column that is made for a field of that type.
[[nodiscard]] ColumnType column_type(ValueType type) noexcept;

/// `2026-06-21T10:00:00.123456789Z`: UTC, always nine digits, so that text sorts as time does. Covers every
/// time that fits in 64 bits of nanoseconds. [any thread]
[[nodiscard]] std::string iso_time(std::int64_t nanoseconds);

}  // namespace heliograph::sql
