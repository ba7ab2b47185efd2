// The rows of a table that wait for the commit, and their way to MariaDB as arrays.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/mariadb_connection.hpp"

#include <mysql.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// Keeps rows of any columns in the order in which they came, and writes them by one statement that has all
/// of these columns: so the last of several rows for one key wins, whichever columns they have. A column
/// that a row does not have is NULL in it, which leaves a merged row as it is; a tag is ''. [own strand]
class MariadbRows {
public:
    enum class Sending { arrays, one_by_one };

    /// The connection must outlive the rows, unless they are only destroyed.
    MariadbRows(MariadbConnection& connection, Identifier table, OnConflict on_conflict, Sending sending)
        : connection_(connection),
          table_(std::move(table)),
          on_conflict_(on_conflict),
          sending_(sending),
          doing_("insert into table " + table_.quoted()) {}

    /// Where these columns are in the statement; makes place for those that are new.
    [[nodiscard]] std::vector<std::uint32_t> place(std::span<const Column> columns);

    /// Keeps a row of columns that were placed. `number` is what the row is called if it is refused.
    void append(std::span<const std::uint32_t> places, std::span<const Value> values, std::size_t number);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    void clear() noexcept;

    /// Throws SchemaChanged when the columns are not what they were when the rows were made. Within a
    /// transaction nobody can change them afterwards.
    void require_columns();
    /// Writes all rows, within a transaction, and adds those that the server refused.
    void write(std::vector<RefusedRow>& refused);

private:
    struct Cell {
        std::uint32_t place;
        Value value;  // its text lies in the blocks
    };
    struct Row {
        std::size_t first_cell;
        std::size_t number;
        std::size_t bytes;  // about what it takes on its way
    };
    /// The values of one column as the client library takes them.
    struct Array {
        std::vector<std::uint64_t> numbers;  // of any type of eight bytes
        std::vector<MYSQL_TIME> times;
        std::vector<void*> pointers;  // to texts or times
        std::vector<unsigned long> lengths;
        std::vector<char> indicators;
    };

    std::string_view keep(std::string_view text);
    [[nodiscard]] std::size_t first_cell(std::size_t row) const noexcept {
        return row < rows_.size() ? rows_[row].first_cell : cells_.size();
    }
    void prepare();
    void write_range(std::size_t begin, std::size_t end, std::vector<RefusedRow>& refused);
    [[nodiscard]] std::optional<MariadbConnection::RowFailure> send(std::size_t begin, std::size_t end);
    void fill(std::size_t begin, std::size_t end);
    void set(std::size_t column, std::size_t at, const Value& value);
    void bind(std::size_t count);

    MariadbConnection& connection_;
    Identifier table_;
    OnConflict on_conflict_;
    Sending sending_;
    std::string doing_;
    std::vector<Column> columns_;
    std::vector<Cell> cells_;
    std::vector<Row> rows_;
    std::vector<std::unique_ptr<char[]>> blocks_;  // of texts, the last being filled
    std::size_t block_used_ = 0;
    std::deque<std::string> large_texts_;
    std::vector<Array> arrays_;      // one per column
    std::vector<MYSQL_BIND> bound_;  // the same
    MariadbStatement statement_;
    std::size_t prepared_columns_ = 0;  // how many the statement has
};

/// The moment as datetime(6) holds it: microseconds, rounded down. [any thread]
[[nodiscard]] MYSQL_TIME mysql_time(std::int64_t nanoseconds) noexcept;

}  // namespace heliograph::sql
