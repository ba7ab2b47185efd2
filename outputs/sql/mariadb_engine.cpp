#include "outputs/sql/mariadb_engine.hpp"

#include "outputs/sql/conversion.hpp"
#include "outputs/sql/fill_in.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace heliograph::sql {
namespace {

constexpr std::string_view kReading = "read the database's catalog";
// After so long without use the server, or a firewall on the way, may have let go of the connection.
constexpr std::chrono::seconds kIdle{60};
// Longest wait for another session that changes the schema.
constexpr std::chrono::seconds kLockLimit{10};
// MariaDB, "InnoDB Limitations".
constexpr std::size_t kMaxColumns = 1017;

// #mysql50# means the name of a file, and heliograph_ is for tables of this output's own.
constexpr auto kReservedTablePrefixes = std::to_array<std::string_view>({"heliograph_", "#mysql50#", "#sql"});

/// Source: MariaDB, "Identifier Names".
IdentifierRules identifier_rules_of(bool lower_case_tables) {
    IdentifierRules rules;
    rules.quote = '`';
    rules.max_characters = 64;
    rules.case_sensitive = false;
    rules.ignores_accents = true;
    rules.basic_plane_only = true;
    rules.no_trailing_space = true;
    rules.lower_case_tables = lower_case_tables;
    rules.reserved_table_prefixes = kReservedTablePrefixes;
    return rules;
}

MariadbConnection::Settings connection_settings(ServerLocation location, const Options& options) {
    return {std::move(location),          options.tls,          options.tls_ca_file,
            options.tls_certificate_file, options.tls_key_file, options.connect_timeout,
            options.statement_timeout};
}

struct MariadbInsert final : Insert {
    std::shared_ptr<MariadbRows> rows;
    std::vector<std::uint32_t> places;
};

/// The value of a time column as a parameter. A moment goes as text, `2026-06-21 10:00:00.123456`.
Value time_parameter(const Table& table, const Value& time, std::string& text) {
    const auto column = std::find_if(table.columns.begin(), table.columns.end(), [](const Column& candidate) {
        return candidate.role == Column::Role::time;
    });
    if (column == table.columns.end() || column->type != ColumnType::timestamp) {
        return time;
    }
    constexpr std::size_t kMicroseconds = 26;
    text = iso_time(time.integer()).substr(0, kMicroseconds);
    text[text.find('T')] = ' ';
    return Value::of(std::string_view(text));
}

}  // namespace

/// Keeps other writers of this output from changing the schema at the same time, on the whole server.
class MariadbEngine::SchemaLock {
public:
    explicit SchemaLock(MariadbConnection& connection) : connection_(connection) {
        // The server's own limit of a statement must not come first.
        const auto limit = std::min(
            std::chrono::floor<std::chrono::seconds>(connection.statement_timeout() / 2), kLockLimit);
        const auto rows = connection_.select("SELECT GET_LOCK('heliograph_schema', ?)",
                                             std::array{Value::of(static_cast<std::int64_t>(limit.count()))},
                                             "lock the schema");
        if (rows.at(0).at(0) != "1") {
            throw Retry("cannot lock the schema: another session has held the lock 'heliograph_schema' for " +
                        std::to_string(limit.count()) + " s; see IS_USED_LOCK('heliograph_schema')");
        }
    }
    SchemaLock(const SchemaLock&) = delete;
    SchemaLock& operator=(const SchemaLock&) = delete;
    ~SchemaLock() {
        try {
            connection_.execute("DO RELEASE_LOCK('heliograph_schema')", "unlock the schema");
        } catch (...) {
            // The connection is gone, and the lock with it.
        }
    }

private:
    MariadbConnection& connection_;
};

MariadbEngine::MariadbEngine(ServerLocation location, const Options& options, Host host)
    : create_table_(options.create_table),
      host_(host),
      connection_(connection_settings(std::move(location), options)),
      rules_(identifier_rules_of(false)) {}

std::size_t MariadbEngine::max_columns() const noexcept {
    return kMaxColumns;
}

MariadbProduct MariadbEngine::product() const noexcept {
    return connection_.is_mariadb() ? MariadbProduct::mariadb : MariadbProduct::mysql;
}

void MariadbEngine::open() {
    connection_.clear_interrupt();
    connect();
}

void MariadbEngine::connect() {
    connection_.open();
    rules_ = identifier_rules_of(connection_.lower_case_tables());
    last_used_ = host_.monotonic();
}

void MariadbEngine::close() noexcept {
    forget_rows();
    rows_.clear();
    connection_.close();
    has_begun_ = false;
}

Engine::Catalog MariadbEngine::begin() {
    connection_.clear_interrupt();
    forget_rows();
    const bool is_idle = host_.monotonic() - last_used_ >= kIdle;
    const bool is_lost = !connection_.is_open() || (is_idle && !connection_.answers());
    if (is_lost) {
        connect();
    }
    last_used_ = host_.monotonic();
    in_transaction_ = true;
    return is_lost ? Catalog::changed : Catalog::unchanged;
}

std::vector<RefusedRow> MariadbEngine::commit() {
    std::vector<RefusedRow> refused;
    if (!waiting_.empty()) {
        connection_.execute("START TRANSACTION", "begin a transaction");
        has_begun_ = true;
        for (const auto& rows : waiting_) {
            rows->require_columns();
        }
        for (const auto& rows : waiting_) {
            rows->write(refused);
        }
        connection_.execute("COMMIT", "commit a transaction");
        has_begun_ = false;
        std::sort(refused.begin(), refused.end(),
                  [](const RefusedRow& a, const RefusedRow& b) { return a.row < b.row; });
    }
    forget_rows();
    last_used_ = host_.monotonic();
    return refused;
}

void MariadbEngine::rollback() noexcept {
    forget_rows();
    if (!std::exchange(has_begun_, false) || !connection_.is_open()) {
        return;
    }
    try {
        connection_.execute("ROLLBACK", "roll a transaction back");
    } catch (...) {
        connection_.close();  // which rolls it back too
    }
}

void MariadbEngine::forget_rows() noexcept {
    for (const auto& rows : waiting_) {
        rows->clear();
    }
    waiting_.clear();
    inserted_ = 0;
    in_transaction_ = false;
}

std::optional<NamedObject> MariadbEngine::find(const Identifier& name) {
    const auto found = connection_.select(
        "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
        "TABLE_NAME = ?",
        std::array{Value::of(std::string_view(name.name()))}, kReading);
    for (const auto& row : found) {
        const std::string& found_name = row.at(0).value_or("");
        // The catalog compares without case, also where the server's tables do not.
        if (found_name == name.name() || rules_.lower_case_tables) {
            return NamedObject{found_name, row.at(1) == "BASE TABLE" || row.at(1) == "SYSTEM VERSIONED"};
        }
    }
    return std::nullopt;
}

MariadbTable MariadbEngine::read_catalog(const Identifier& name) {
    MariadbTable table;
    const std::array parameters{Value::of(std::string_view(name.name()))};
    const auto columns = connection_.select(
        "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE, COLUMN_DEFAULT, "
        "EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? "
        "ORDER BY ORDINAL_POSITION",
        parameters, kReading);
    const auto types = connection_.describe_columns(describe_sql(name, {}), kReading);
    for (const auto& row : columns) {
        const std::string column_name = row.at(0).value_or("");
        const std::string extra = row.at(6).value_or("");
        if (extra.find("VIRTUAL GENERATED") != std::string::npos ||
            extra.find("STORED GENERATED") != std::string::npos) {
            continue;  // nothing can be put there
        }
        MariadbTable::Entry entry{Identifier::existing(rules_, column_name),
                                  column_type_of(row.at(1).value_or(""), row.at(2).value_or("")),
                                  row.at(2).value_or("")};
        const std::string characters = row.at(3).value_or("0");
        std::from_chars(characters.data(), characters.data() + characters.size(), entry.characters);
        // MariaDB gives the default as an expression, MySQL as the value.
        const bool empty_by_default = row.at(5) == "''" || row.at(5) == "";
        entry.is_tag_like = entry.type == ColumnType::text && row.at(4) == "NO" && empty_by_default &&
                            column_name != kTimeColumn;
        const auto described = std::find_if(types.begin(), types.end(),
                                            [&](const auto& type) { return type.first == column_name; });
        entry.engine_type = described == types.end() ? 0 : described->second;
        table.columns.push_back(std::move(entry));
    }
    const auto keys = connection_.select(
        "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() "
        "AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX",
        parameters, kReading);
    // The primary key comes first; one that begins with the time is preferred to it.
    std::string current;
    for (const auto& row : keys) {
        const std::string index = row.at(0).value_or("");
        const std::string column = row.at(1).value_or("");
        const bool begins = std::exchange(current, index) != index;
        if (begins && (index == "PRIMARY" ||
                       (column == kTimeColumn && (table.key.empty() || table.key.front() != kTimeColumn)))) {
            table.key_name = index;
            table.key.clear();
        }
        if (index == table.key_name) {
            table.key.push_back(column);
        }
    }
    return table;
}

Table MariadbEngine::read_table(const Identifier& name) {
    return read_catalog(name).as_table(name);
}

void MariadbEngine::create_table(const Identifier& name, std::span<const Column> columns, Key key) {
    const std::string doing = "create table " + name.quoted();
    const SchemaLock lock(connection_);
    if (create_table_.empty()) {
        connection_.execute(create_table_sql(name, columns, key, product()), doing, MariadbWork::schema);
    } else if (!find(name)) {
        run_script(fill_in(create_table_, {{"{table}", name.quoted()},
                                           {"{columns}", column_declarations(columns, product())},
                                           {"{key}", key_columns(columns)}}),
                   doing);
    }
}

void MariadbEngine::add_columns(const Table& table, std::span<const Column> columns) {
    const SchemaLock lock(connection_);
    const MariadbTable before = read_catalog(table.name);
    std::vector<Column> missing;
    std::copy_if(columns.begin(), columns.end(), std::back_inserter(missing), [&](const Column& column) {
        return std::none_of(before.columns.begin(), before.columns.end(), [&](const auto& entry) {
            return same_name(rules_, entry.name.name(), column.name.name());
        });
    });
    if (missing.empty()) {
        return;
    }
    if (std::any_of(missing.begin(), missing.end(),
                    [](const Column& column) { return column.role == Column::Role::tag; })) {
        host_.info("add a tag to table " + table.name.quoted() + ": the server copies the table");
    }
    connection_.execute_long(add_columns_sql(table.name, before, missing, rules_, product()),
                             "add columns to table " + table.name.quoted());
}

void MariadbEngine::widen_column(const Table& table, const Column& column, ColumnType to) {
    if (to == ColumnType::unsigned_integer) {
        // It would take no negative number any more, so that one absurd value costs every one to come.
        throw RowError("column " + column.name.quoted() + " of table " + table.name.quoted() +
                       " holds signed integers, and no type of MariaDB holds those and larger ones");
    }
    const SchemaLock lock(connection_);
    const MariadbTable before = read_catalog(table.name);
    const auto found = std::find_if(before.columns.begin(), before.columns.end(), [&](const auto& entry) {
        return entry.name.name() == column.name.name();
    });
    if (found == before.columns.end() || found->type != column.type) {
        return;  // somebody else changed it meanwhile
    }
    connection_.execute_long(widen_column_sql(table.name, column.name, to, product()),
                             "widen column " + column.name.quoted() + " of table " + table.name.quoted());
}

void MariadbEngine::run_script(std::string_view sql, std::string_view doing) {
    connection_.execute_script(sql, doing);
}

std::size_t MariadbEngine::delete_before(const Table& table, const Value& time, std::size_t about) {
    const std::string doing = "delete old rows of table " + table.name.quoted();
    const std::string& name = table.name.quoted();
    std::string text;
    const Value limit = time_parameter(table, time, text);
    const auto last = connection_.select("SELECT `time` FROM " + name +
                                             " WHERE `time` < ? ORDER BY `time` LIMIT 1 OFFSET " +
                                             std::to_string(std::max<std::size_t>(about, 1) - 1),
                                         std::array{limit}, doing);
    if (last.empty()) {
        return connection_.change("DELETE FROM " + name + " WHERE `time` < ?", std::array{limit}, doing);
    }
    const std::string last_text = last.at(0).at(0).value_or("");
    Value until = Value::of(std::string_view(last_text));
    if (limit.kind() == Value::Kind::integer) {
        std::int64_t number = 0;
        std::from_chars(last_text.data(), last_text.data() + last_text.size(), number);
        until = Value::of(number);
    }
    return connection_.change("DELETE FROM " + name + " WHERE `time` <= ?", std::array{until}, doing);
}

std::unique_ptr<Insert> MariadbEngine::prepare_insert(const Table& table, std::span<const Column> columns,
                                                      OnConflict on_conflict) {
    std::weak_ptr<MariadbRows>& known = rows_[table.name.name()];
    auto insert = std::make_unique<MariadbInsert>();
    insert->rows = known.lock();
    if (!insert->rows) {
        std::erase_if(rows_, [&](const auto& entry) {
            return entry.second.expired() && entry.first != table.name.name();
        });
        insert->rows = std::make_shared<MariadbRows>(
            connection_, table.name, on_conflict,
            connection_.takes_arrays() ? MariadbRows::Sending::arrays : MariadbRows::Sending::one_by_one);
        known = insert->rows;
    }
    insert->places = insert->rows->place(columns);
    return insert;
}

void MariadbEngine::insert(Insert& insert, std::span<const Value> row) {
    auto& prepared = static_cast<MariadbInsert&>(insert);
    if (prepared.rows->empty()) {
        waiting_.push_back(prepared.rows);
    }
    prepared.rows->append(prepared.places, row, inserted_++);
}

}  // namespace heliograph::sql
