#include "outputs/sql/mariadb_rows.hpp"

#include "outputs/sql/mariadb_schema.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>
#include <type_traits>

namespace heliograph::sql {
namespace {

// Enough for the round trip to cost little, and little enough to stay in the caches.
constexpr std::size_t kMostRowsAtOnce = 2000;
constexpr std::size_t kMostBytesAtOnce = std::size_t{1} << 20U;
// Of a packet, beyond its rows.
constexpr std::size_t kPacketOverhead = 512;
constexpr std::size_t kBytesPerValue = 10;
constexpr std::size_t kBlockBytes = std::size_t{1} << 16U;

/// A number in decimal digits, for a column that became text while the row waited.
template <class Number>
std::string digits_of(Number number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

std::string as_text(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::floating:
            return digits_of(value.floating());
        case Value::Kind::integer:
            return digits_of(value.integer());
        case Value::Kind::unsigned_integer:
            return digits_of(value.unsigned_integer());
        case Value::Kind::text:
            return std::string(value.text());
        case Value::Kind::null:
            break;
    }
    return {};
}

double as_floating(const Value& value) noexcept {
    switch (value.kind()) {
        case Value::Kind::integer:
            return static_cast<double>(value.integer());
        case Value::Kind::unsigned_integer:
            return static_cast<double>(value.unsigned_integer());
        default:
            return value.floating();
    }
}

bool is_text(const Column& column) noexcept {
    return column.type == ColumnType::text || column.type == ColumnType::json;
}

/// Whether the column can hold the value at all; a column may have become another one while the row waited.
bool fits(const Value& value, ColumnType type) noexcept {
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    switch (value.kind()) {
        case Value::Kind::null:
            return true;
        case Value::Kind::floating:
            return type == ColumnType::floating || type == ColumnType::text || type == ColumnType::json;
        case Value::Kind::integer:
            return type != ColumnType::unsigned_integer || value.integer() >= 0;
        case Value::Kind::unsigned_integer:
            return (type != ColumnType::integer && type != ColumnType::boolean &&
                    type != ColumnType::timestamp) ||
                   value.unsigned_integer() <= kLargest;
        case Value::Kind::text:
            break;
    }
    return type == ColumnType::text || type == ColumnType::json;
}

}  // namespace

MYSQL_TIME mysql_time(std::int64_t nanoseconds) noexcept {
    using namespace std::chrono;
    const auto moment = floor<microseconds>(std::chrono::nanoseconds(nanoseconds));
    const auto day = floor<days>(moment);
    const year_month_day date{sys_days(day)};
    const hh_mm_ss<microseconds> clock(moment - day);
    MYSQL_TIME time{};
    time.year = static_cast<unsigned>(static_cast<int>(date.year()));
    time.month = static_cast<unsigned>(date.month());
    time.day = static_cast<unsigned>(date.day());
    time.hour = static_cast<unsigned>(clock.hours().count());
    time.minute = static_cast<unsigned>(clock.minutes().count());
    time.second = static_cast<unsigned>(clock.seconds().count());
    time.second_part = static_cast<unsigned long>(clock.subseconds().count());
    time.time_type = MYSQL_TIMESTAMP_DATETIME;
    return time;
}

std::vector<std::uint32_t> MariadbRows::place(std::span<const Column> columns) {
    std::vector<std::uint32_t> places;
    for (const Column& column : columns) {
        const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& known) {
            return known.name.name() == column.name.name();
        });
        places.push_back(static_cast<std::uint32_t>(found - columns_.begin()));
        if (found == columns_.end()) {
            columns_.push_back(column);
        } else {
            *found = column;  // it may have been widened
        }
    }
    arrays_.resize(columns_.size());
    return places;
}

void MariadbRows::append(std::span<const std::uint32_t> places, std::span<const Value> values,
                         std::size_t number) {
    Row row{cells_.size(), number, columns_.size()};
    for (std::size_t i = 0; i < values.size(); ++i) {
        Value value = values[i];
        row.bytes += kBytesPerValue;
        if (value.kind() == Value::Kind::text) {
            row.bytes += value.text().size();
            value = Value::of(keep(value.text()));
        }
        cells_.push_back({places[i], value});
    }
    rows_.push_back(row);
}

void MariadbRows::clear() noexcept {
    cells_.clear();
    rows_.clear();
    large_texts_.clear();
    blocks_.resize(std::min<std::size_t>(blocks_.size(), 1));
    block_used_ = 0;
}

std::string_view MariadbRows::keep(std::string_view text) {
    if (text.size() > kBlockBytes / 4) {
        return large_texts_.emplace_back(text);
    }
    if (blocks_.empty() || block_used_ + text.size() > kBlockBytes) {
        blocks_.push_back(std::make_unique<char[]>(kBlockBytes));
        block_used_ = 0;
    }
    char* const at = blocks_.back().get() + block_used_;
    if (!text.empty()) {
        std::memcpy(at, text.data(), text.size());
    }
    block_used_ += text.size();
    return {at, text.size()};
}

void MariadbRows::require_columns() {
    const auto found = connection_.describe_columns(describe_sql(table_, columns_), doing_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].engine_type != 0 && columns_[i].engine_type != found[i].second) {
            throw SchemaChanged("column " + columns_[i].name.quoted() + " of table " + table_.quoted() +
                                " was given another type by somebody else");
        }
    }
}

void MariadbRows::prepare() {
    if (statement_ && prepared_columns_ == columns_.size()) {
        return;
    }
    statement_.reset();
    statement_ = connection_.prepare(insert_sql(table_, columns_, on_conflict_), doing_);
    prepared_columns_ = columns_.size();
}

void MariadbRows::write(std::vector<RefusedRow>& refused) {
    prepare();
    const std::size_t limit = connection_.max_packet() - kPacketOverhead;
    const std::size_t most_bytes = std::min(kMostBytesAtOnce, limit);
    const std::size_t most_rows = sending_ == Sending::arrays ? kMostRowsAtOnce : 1;
    for (std::size_t begin = 0; begin < rows_.size();) {
        if (rows_[begin].bytes > limit) {
            refused.push_back(
                {rows_[begin].number, "the row is larger than max_allowed_packet of the server, which is " +
                                          std::to_string(connection_.max_packet()) + " bytes"});
            ++begin;
            continue;
        }
        std::size_t bytes = rows_[begin].bytes;
        std::size_t end = begin + 1;
        while (end < rows_.size() && end - begin < most_rows && bytes + rows_[end].bytes <= most_bytes) {
            bytes += rows_[end++].bytes;
        }
        write_range(begin, end, refused);
        begin = end;
    }
}

/// A statement that fails leaves nothing of itself behind. Which row was at fault is only a hint, since a
/// trigger counts rows of its own: a row is refused when it fails alone.
void MariadbRows::write_range(std::size_t begin, std::size_t end, std::vector<RefusedRow>& refused) {
    while (begin < end) {
        const auto failure = send(begin, end);
        if (!failure) {
            return;
        }
        const std::size_t count = end - begin;
        if (count == 1) {
            refused.push_back({rows_[begin].number, failure->reason});
            return;
        }
        if (failure->row >= 1 && failure->row <= count) {
            const std::size_t suspect = begin + failure->row - 1;
            write_range(begin, suspect, refused);
            write_range(suspect, suspect + 1, refused);
            begin = suspect + 1;
        } else {
            const std::size_t middle = begin + count / 2;
            write_range(begin, middle, refused);
            begin = middle;
        }
    }
}

std::optional<MariadbConnection::RowFailure> MariadbRows::send(std::size_t begin, std::size_t end) {
    for (std::size_t cell = first_cell(begin); end - begin == 1 && cell < first_cell(end); ++cell) {
        const Column& column = columns_[cells_[cell].place];
        if (!fits(cells_[cell].value, column.type)) {
            return MariadbConnection::RowFailure{1, "cannot " + doing_ + ": column " + column.name.quoted() +
                                                        " cannot hold " + as_text(cells_[cell].value) +
                                                        " since its type was changed"};
        }
    }
    const bool all_fit =
        std::all_of(cells_.begin() + static_cast<std::ptrdiff_t>(first_cell(begin)),
                    cells_.begin() + static_cast<std::ptrdiff_t>(first_cell(end)),
                    [&](const Cell& cell) { return fits(cell.value, columns_[cell.place].type); });
    if (!all_fit) {
        return MariadbConnection::RowFailure{0, {}};  // halved until it is alone
    }
    fill(begin, end);
    bind(end - begin);
    return connection_.insert_rows(statement_.get(), doing_);
}

void MariadbRows::fill(std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        Array& array = arrays_[i];
        const bool absent_is_empty = columns_[i].role == Column::Role::tag && is_text(columns_[i]);
        array.indicators.assign(count, absent_is_empty ? STMT_INDICATOR_NONE : STMT_INDICATOR_NULL);
        if (columns_[i].type == ColumnType::timestamp) {
            array.times.resize(count);
            array.pointers.assign(count, nullptr);
        } else if (is_text(columns_[i])) {
            array.pointers.assign(count, const_cast<char*>(""));  // only read
            array.lengths.assign(count, 0);
        } else {
            array.numbers.resize(count);
        }
    }
    for (std::size_t row = begin; row < end; ++row) {
        for (std::size_t cell = first_cell(row); cell < first_cell(row + 1); ++cell) {
            set(cells_[cell].place, row - begin, cells_[cell].value);
        }
    }
}

void MariadbRows::set(std::size_t column, std::size_t at, const Value& value) {
    Array& array = arrays_[column];
    if (value.kind() == Value::Kind::null) {
        array.indicators[at] = STMT_INDICATOR_NULL;
        return;
    }
    array.indicators[at] = STMT_INDICATOR_NONE;
    switch (columns_[column].type) {
        case ColumnType::floating:
            array.numbers[at] = std::bit_cast<std::uint64_t>(as_floating(value));
            return;
        case ColumnType::timestamp:
            array.times[at] = mysql_time(value.integer());
            array.pointers[at] = &array.times[at];
            return;
        case ColumnType::text:
        case ColumnType::json: {
            const std::string_view text =
                value.kind() == Value::Kind::text ? value.text() : keep(as_text(value));
            array.pointers[at] = const_cast<char*>(text.data());  // only read
            array.lengths[at] = text.size();
            return;
        }
        case ColumnType::integer:
        case ColumnType::unsigned_integer:
        case ColumnType::boolean:
            break;
    }
    array.numbers[at] = value.kind() == Value::Kind::integer ? static_cast<std::uint64_t>(value.integer())
                                                             : value.unsigned_integer();
}

void MariadbRows::bind(std::size_t count) {
    const bool as_arrays = sending_ == Sending::arrays;
    bound_.assign(columns_.size(), MYSQL_BIND{});
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        Array& array = arrays_[i];
        MYSQL_BIND& bound = bound_[i];
        const ColumnType type = columns_[i].type;
        if (type == ColumnType::timestamp || is_text(columns_[i])) {
            bound.buffer_type = type == ColumnType::timestamp ? MYSQL_TYPE_DATETIME : MYSQL_TYPE_STRING;
            bound.buffer = as_arrays ? static_cast<void*>(array.pointers.data()) : array.pointers[0];
            bound.length = array.lengths.data();
            bound.buffer_length = as_arrays || array.lengths.empty() ? 0 : array.lengths[0];
        } else {
            bound.buffer_type = type == ColumnType::floating ? MYSQL_TYPE_DOUBLE : MYSQL_TYPE_LONGLONG;
            bound.buffer = array.numbers.data();
            bound.is_unsigned = type == ColumnType::unsigned_integer ? 1 : 0;
        }
        if (as_arrays) {
            bound.u.indicator = array.indicators.data();
        } else {
            static_assert(std::is_same_v<my_bool, char> && STMT_INDICATOR_NULL == 1 &&
                          STMT_INDICATOR_NONE == 0);
            bound.is_null = array.indicators.data();
        }
    }
    const unsigned size = as_arrays ? static_cast<unsigned>(count) : 0;
    mysql_stmt_attr_set(statement_.get(), STMT_ATTR_ARRAY_SIZE, &size);
    mysql_stmt_bind_param(statement_.get(), bound_.data());
}

}  // namespace heliograph::sql
