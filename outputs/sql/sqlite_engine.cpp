#include "outputs/sql/sqlite_engine.hpp"

#include "outputs/sql/fill_in.hpp"
#include "outputs/sql/sqlite_catalog.hpp"

#include <heliograph/errors.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace heliograph::sql {
namespace {

constexpr std::string_view kReading = "read the database's catalog";

// SQLite keeps sqlite_ for itself; heliograph_ is for tables of this output's own, such as the one of a
// rebuild.
constexpr auto kReservedTablePrefixes = std::to_array<std::string_view>({"sqlite_", "heliograph_"});
// SQLite sets no limit to names; this one keeps the catalog readable. It compares ASCII letters without case.
constexpr IdentifierRules kRules{.case_sensitive = false, .reserved_table_prefixes = kReservedTablePrefixes};

struct SqliteInsert final : Insert {
    explicit SqliteInsert(SqliteStatement prepared) : statement(std::move(prepared)) {}
    SqliteStatement statement;
};

template <class Columns>
std::string name_list(const Columns& columns) {
    std::string list;
    for (const auto& column : columns) {
        list += (list.empty() ? "" : ", ") + column.name.quoted();
    }
    return list;
}

void bind_name(sqlite3_stmt* statement, const Identifier& name) {
    sqlite3_bind_text(statement, 1, name.name().data(), static_cast<int>(name.name().size()), SQLITE_STATIC);
}

std::string text_column(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return text == nullptr
               ? std::string()
               : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

std::vector<SqliteColumn> read_columns(SqliteConnection& connection, const Identifier& table) {
    const SqliteStatement query = connection.prepare(
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0",
        kReading);
    bind_name(query.get(), table);
    std::vector<SqliteColumn> columns;
    while (connection.step(query.get(), kReading)) {
        sqlite3_stmt* row = query.get();
        columns.push_back({Identifier::existing(kRules, text_column(row, 0)), text_column(row, 1),
                           sqlite3_column_int(row, 2) != 0, text_column(row, 3), sqlite3_column_int(row, 4)});
    }
    return columns;
}

int bind(sqlite3_stmt* statement, int at, const Value& value) noexcept {
    switch (value.kind()) {
        case Value::Kind::null:
            break;
        case Value::Kind::floating:
            return sqlite3_bind_double(statement, at, value.floating());
        case Value::Kind::integer:
            return sqlite3_bind_int64(statement, at, value.integer());
        case Value::Kind::unsigned_integer: {
            const std::uint64_t number = value.unsigned_integer();
            if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
                return sqlite3_bind_int64(statement, at, static_cast<std::int64_t>(number));
            }
            const std::string digits = std::to_string(number);
            return sqlite3_bind_text(statement, at, digits.data(), static_cast<int>(digits.size()),
                                     SQLITE_TRANSIENT);
        }
        case Value::Kind::text:
            // Not even an empty text may come without a pointer, or it would be NULL.
            return sqlite3_bind_text64(statement, at, value.text().empty() ? "" : value.text().data(),
                                       value.text().size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    return sqlite3_bind_null(statement, at);
}

}  // namespace

SqliteEngine::SqliteEngine(SqliteLocation location, const Options& options, Host host)
    : connection_(std::move(location), options.synchronous, options.busy_timeout, host),
      create_table_(options.create_table),
      deletes_(options.keep.count() != 0),
      host_(host) {}

const IdentifierRules& SqliteEngine::identifier_rules() const noexcept {
    return kRules;
}

void SqliteEngine::open() {
    connection_.clear_interrupt();
    schema_version_ = -1;
    connection_.open();
}

void SqliteEngine::close() noexcept {
    connection_.close();
}

Engine::Catalog SqliteEngine::begin() {
    connection_.clear_interrupt();
    // Immediate: a transaction that becomes a writer later fails without waiting for its turn.
    connection_.execute("BEGIN IMMEDIATE", "begin a transaction");
    const std::int64_t known = std::exchange(schema_version_, read_schema_version());
    return known == schema_version_ ? Catalog::unchanged : Catalog::changed;
}

std::int64_t SqliteEngine::read_schema_version() {
    const SqliteStatement query = connection_.prepare("PRAGMA schema_version", kReading);
    return connection_.step(query.get(), kReading) ? sqlite3_column_int64(query.get(), 0) : -1;
}

std::vector<RefusedRow> SqliteEngine::commit() {
    connection_.execute("COMMIT", "commit a transaction");
    return {};
}

void SqliteEngine::rollback() noexcept {
    if (!in_transaction()) {
        return;
    }
    try {
        connection_.execute("ROLLBACK", "roll a transaction back");
    } catch (...) {
        // The next begin fails on what is left of the transaction, and closing the connection ends it.
    }
}

std::optional<NamedObject> SqliteEngine::find(const Identifier& name) {
    const SqliteStatement query =
        connection_.prepare("SELECT name, type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", kReading);
    bind_name(query.get(), name);
    if (!connection_.step(query.get(), kReading)) {
        return std::nullopt;
    }
    return NamedObject{text_column(query.get(), 0), text_column(query.get(), 1) == "table"};
}

Table SqliteEngine::read_table(const Identifier& name) {
    const std::vector<SqliteColumn> declared = read_columns(connection_, name);
    const bool has_key = std::any_of(declared.begin(), declared.end(),
                                     [](const SqliteColumn& column) { return column.key_position != 0; });
    Table table{name, {}, false, has_key ? Key::unique : Key::none};
    for (const SqliteColumn& column : declared) {
        table.columns.push_back({column.name, column_type_of(column.type), role_of(column, table.key)});
    }
    return table;
}

void SqliteEngine::create_table(const Identifier& name, std::span<const Column> columns, Key key) {
    std::vector<SqliteColumn> declared;
    int key_size = 0;
    for (const Column& column : columns) {
        const bool in_key = key == Key::unique && column.role != Column::Role::field;
        declared.push_back(declare(column, in_key ? ++key_size : 0));
    }
    const std::string doing = "create table " + name.quoted();
    in_savepoint(doing, [&] {
        if (create_table_.empty()) {
            connection_.execute(create_table_sql(name, declared), doing);
        } else {
            std::vector<Column> keys;
            std::copy_if(columns.begin(), columns.end(), std::back_inserter(keys),
                         [](const Column& column) { return column.role != Column::Role::field; });
            connection_.execute_script(fill_in(create_table_, {{"{table}", name.quoted()},
                                                               {"{columns}", declarations(declared)},
                                                               {"{key}", name_list(keys)}}),
                                       doing);
        }
        if (deletes_ && key == Key::none) {
            // Or every look for old rows would read the whole table.
            const Identifier index = Identifier::existing(kRules, "heliograph_time_" + name.name());
            connection_.execute("CREATE INDEX " + index.quoted() + " ON " + name.quoted() + " (time)", doing);
        }
    });
}

void SqliteEngine::add_columns(const Table& table, std::span<const Column> columns) {
    const bool key_changes =
        table.key == Key::unique && std::any_of(columns.begin(), columns.end(), [](const Column& column) {
            return column.role == Column::Role::tag;
        });
    in_savepoint("change table " + table.name.quoted(), [&] {
        if (key_changes) {
            rebuild(table.name, columns);
        } else {
            append(table.name, columns);
        }
    });
}

/// A change that fails half way must not be committed with the rest of the batch.
template <class Change>
void SqliteEngine::in_savepoint(std::string_view doing, Change&& change) {
    connection_.execute("SAVEPOINT schema_change", doing);
    try {
        change();
    } catch (...) {
        if (in_transaction()) {
            connection_.execute("ROLLBACK TO schema_change", doing);
            connection_.execute("RELEASE schema_change", doing);
        }
        throw;
    }
    connection_.execute("RELEASE schema_change", doing);
}

void SqliteEngine::widen_column(const Table&, const Column&, ColumnType) {
    // Any column takes any value.
}

void SqliteEngine::run_script(std::string_view sql, std::string_view doing) {
    in_savepoint(doing, [&] { connection_.execute_script(sql, doing); });
}

std::size_t SqliteEngine::delete_before(const Table& table, const Value& time, std::size_t about) {
    const std::string doing = "delete old rows of table " + table.name.quoted();
    const std::string name = table.name.quoted();
    const SqliteStatement statement = connection_.prepare(
        "DELETE FROM " + name + " WHERE time < ?1 AND time <= COALESCE((SELECT time FROM " + name +
            " ORDER BY time LIMIT 1 OFFSET ?2), ?1)",
        doing);
    bind(statement.get(), 1, time);
    sqlite3_bind_int64(statement.get(), 2, static_cast<std::int64_t>(about) - 1);
    connection_.step(statement.get(), doing);
    return connection_.changed_rows();
}

void SqliteEngine::append(const Identifier& table, std::span<const Column> added) {
    for (const Column& column : added) {
        connection_.execute(
            "ALTER TABLE " + table.quoted() + " ADD COLUMN " + declarations(std::array{declare(column, 0)}),
            "add column " + column.name.quoted() + " to table " + table.quoted());
    }
}

/// SQLite cannot change a primary key in place. Source: SQLite, "ALTER TABLE", section 7. Indexes and
/// triggers are made again from their own SQL.
void SqliteEngine::rebuild(const Identifier& table, std::span<const Column> added) {
    const std::string doing = "add a tag to table " + table.quoted();
    host_.info(doing + ": copying it");
    std::vector<SqliteColumn> columns = read_columns(connection_, table);
    const std::string kept = name_list(columns);
    int key_size = 0;
    for (const SqliteColumn& column : columns) {
        key_size = std::max(key_size, column.key_position);
    }
    for (const Column& column : added) {
        columns.push_back(declare(column, column.role == Column::Role::tag ? ++key_size : 0));
    }
    std::vector<std::string> dependents;
    const SqliteStatement query = connection_.prepare(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') "
        "AND sql "
        "IS NOT NULL",
        doing);
    bind_name(query.get(), table);
    while (connection_.step(query.get(), doing)) {
        dependents.push_back(text_column(query.get(), 0));
    }
    sqlite3_reset(query.get());

    const Identifier copy = Identifier::existing(kRules, "heliograph_rebuild");
    connection_.execute(create_table_sql(copy, columns), doing);
    connection_.execute(
        "INSERT INTO " + copy.quoted() + " (" + kept + ") SELECT " + kept + " FROM " + table.quoted(), doing);
    connection_.execute("DROP TABLE " + table.quoted(), doing);
    connection_.execute("ALTER TABLE " + copy.quoted() + " RENAME TO " + table.quoted(), doing);
    for (const std::string& dependent : dependents) {
        connection_.execute(dependent, doing);
    }
}

std::unique_ptr<Insert> SqliteEngine::prepare_insert(const Table& table, std::span<const Column> columns,
                                                     OnConflict on_conflict) {
    std::string places;
    std::string updates;
    for (const Column& column : columns) {
        places += places.empty() ? "?" : ", ?";
        if (column.role == Column::Role::field) {
            const std::string& name = column.name.quoted();
            updates += updates.empty() ? "" : ", ";
            updates += name;
            updates += " = COALESCE(excluded." + name + ", stored." + name + ")";
        }
    }
    std::vector<Column> key;
    std::copy_if(table.columns.begin(), table.columns.end(), std::back_inserter(key),
                 [](const Column& column) { return column.role != Column::Role::field; });
    const bool update = on_conflict == OnConflict::merge && !updates.empty();
    std::string sql = "INSERT INTO " + table.name.quoted() + " AS stored (" + name_list(columns) +
                      ") VALUES (" + places + ")";
    if (on_conflict != OnConflict::append) {
        sql += " ON CONFLICT (" + name_list(key) + ") DO " + (update ? "UPDATE SET " + updates : "NOTHING");
    }
    return std::make_unique<SqliteInsert>(
        connection_.prepare(sql, "prepare to write to table " + table.name.quoted()));
}

void SqliteEngine::insert(Insert& insert, std::span<const Value> row) {
    if (connection_.interrupted()) {
        throw Stopped();
    }
    constexpr std::string_view kWriting = "write a row";
    sqlite3_stmt* statement = static_cast<SqliteInsert&>(insert).statement.get();
    int at = 0;
    for (const Value& value : row) {
        if (bind(statement, ++at, value) != SQLITE_OK) {
            connection_.fail(kWriting);
        }
    }
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE) {
        // The message is read before the reset, which repeats the code but may find other words.
        try {
            connection_.fail(kWriting);
        } catch (...) {
            sqlite3_reset(statement);
            throw;
        }
    }
    sqlite3_reset(statement);
}

}  // namespace heliograph::sql
