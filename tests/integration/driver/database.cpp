#include "tests/integration/driver/database.hpp"

#include <sqlite3.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace heliograph::testing {
namespace {

constexpr int kBusyMilliseconds = 30'000;

struct Closer {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Closer>;
using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

/// Nothing when there is no such file yet.
Connection connect(const std::filesystem::path& path) {
    sqlite3* opened = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    Connection connection(opened);
    if (result != SQLITE_OK) {
        return nullptr;
    }
    sqlite3_busy_timeout(connection.get(), kBusyMilliseconds);
    return connection;
}

Cell cell(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return std::int64_t{sqlite3_column_int64(statement, column)};
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        case SQLITE_NULL:
            return std::monostate{};
        default:
            return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)));
    }
}

}  // namespace

std::vector<Row> Database::rows(const std::string& query) const {
    const Connection connection = connect(path_);
    if (!connection) {
        return {};
    }
    sqlite3_stmt* prepared = nullptr;
    const int prepare_result = sqlite3_prepare_v2(connection.get(), query.c_str(), -1, &prepared, nullptr);
    const Statement statement(prepared);
    if (prepare_result != SQLITE_OK) {
        const std::string message = sqlite3_errmsg(connection.get());
        if (message.starts_with("no such table")) {
            return {};
        }
        throw std::runtime_error(query + ": " + message);
    }
    std::vector<Row> rows;
    int result = sqlite3_step(statement.get());
    for (; result == SQLITE_ROW; result = sqlite3_step(statement.get())) {
        Row& row = rows.emplace_back();
        for (int column = 0; column < sqlite3_column_count(statement.get()); ++column) {
            row.emplace(sqlite3_column_name(statement.get(), column), cell(statement.get(), column));
        }
    }
    if (result != SQLITE_DONE) {
        throw std::runtime_error(query + ": " + sqlite3_errmsg(connection.get()));
    }
    return rows;
}

std::int64_t Database::number(const std::string& query) const {
    const std::vector<Row> found = rows(query);
    if (found.empty() || found.front().empty()) {
        return 0;
    }
    const auto* value = std::get_if<std::int64_t>(&found.front().begin()->second);
    return value == nullptr ? 0 : *value;
}

std::int64_t Database::row_count() const {
    std::int64_t count = 0;
    for (const Row& table : rows("SELECT name FROM sqlite_master WHERE type = 'table'")) {
        count += number("SELECT count(*) FROM \"" + std::get<std::string>(table.at("name")) + "\"");
    }
    return count;
}

DatabaseLock::DatabaseLock(const std::filesystem::path& path) : connection_(connect(path).release()) {
    if (!connection_ ||
        sqlite3_exec(connection_.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw std::runtime_error("cannot lock " + path.string());
    }
}

void DatabaseLock::Closer::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

}  // namespace heliograph::testing
