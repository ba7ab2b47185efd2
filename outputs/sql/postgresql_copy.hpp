// Encodes rows in the binary form that PostgreSQL's COPY takes.
#pragma once

#include "outputs/sql/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// How the values of a column are sent: it must be the very type of the column, since the server takes the
/// bytes as they come.
enum class Wire {
    int2,
    int4,
    int8,
    float4,
    float8,
    numeric,
    boolean,
    text,
    json,
    jsonb,
    timestamp,
    timestamptz,
    unsupported,
};

/// By the number that the catalog has for the type. Source: PostgreSQL, pg_type.dat. [any thread]
[[nodiscard]] Wire wire_of(std::uint32_t type) noexcept;

/// The type's name in SQL. Not for `unsupported`.
[[nodiscard]] std::string_view sql_name(Wire wire) noexcept;

/// What a timestamp becomes: microseconds, rounded down, so that two moments less than one apart may be the
/// same. [any thread]
[[nodiscard]] std::int64_t microseconds(std::int64_t nanoseconds) noexcept;

/// A column of an insert.
struct CopyColumn {
    Wire wire;
    std::string name;  ///< quoted, for errors
};

/// Rows in one piece of memory, kept when it is cleared. Source: PostgreSQL, "COPY", binary format. [own
/// strand]
class CopyBuffer {
public:
    /// What precedes all rows, and what follows them.
    static const std::string_view kHeader;
    static const std::string_view kTrailer;

    /// Adds a row; `number` is the caller's. Whole numbers that a column cannot hold, fractions in a column
    /// of integers and types that this output does not know are refused by RowError, and the buffer stays as
    /// it was; a column of less precision rounds.
    void add_row(std::span<const CopyColumn> columns, std::span<const Value> row, std::size_t number);
    /// Adds a value alone: its size in four bytes, then its bytes.
    void add_value(const CopyColumn& column, const Value& value);

    [[nodiscard]] std::size_t rows() const noexcept { return numbers_.size(); }
    [[nodiscard]] std::size_t number(std::size_t row) const noexcept { return numbers_[row]; }
    /// The bytes of `count` rows from `first`; valid until the next change.
    [[nodiscard]] std::string_view bytes(std::size_t first, std::size_t count) const noexcept;
    [[nodiscard]] std::string_view bytes() const noexcept { return {data_.get(), size_}; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    void clear() noexcept;

private:
    char* extend(std::size_t by);
    template <class Integer>
    void add_integer(Integer value);
    void add_bytes(std::string_view bytes);
    void add_number(const CopyColumn& column, double number);
    template <class Integer>
    void add_whole(const CopyColumn& column, Integer number);
    void add_text(const CopyColumn& column, std::string_view text);
    void add_numeric(bool negative, std::string_view digits, int exponent);

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::vector<std::size_t> starts_;   // of each row
    std::vector<std::size_t> numbers_;  // of each row
};

}  // namespace heliograph::sql
