// Reads what the program has written to a SQLite file, while it writes or after.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

struct sqlite3;

namespace heliograph::testing {

using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::map<std::string, Cell, std::less<>>;

class Database {
public:
    explicit Database(std::filesystem::path path) : path_(std::move(path)) {}

    /// The rows of a query. None as long as the file or a table is not there; throws std::runtime_error for
    /// any other failure.
    [[nodiscard]] std::vector<Row> rows(const std::string& query) const;
    /// The first cell of the first row as an integer; 0 where there is none.
    [[nodiscard]] std::int64_t number(const std::string& query) const;
    /// The rows of all tables that the output has made.
    [[nodiscard]] std::int64_t row_count() const;

private:
    std::filesystem::path path_;
};

/// Holds the database's write lock, as another program would, until destroyed.
class DatabaseLock {
public:
    /// Waits for the lock; throws std::runtime_error if it cannot be had.
    explicit DatabaseLock(const std::filesystem::path& path);

private:
    struct Closer {
        void operator()(sqlite3* connection) const;
    };
    std::unique_ptr<sqlite3, Closer> connection_;
};

}  // namespace heliograph::testing
