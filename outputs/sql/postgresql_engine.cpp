#include "outputs/sql/postgresql_engine.hpp"

#include <heliograph/errors.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <string>
#include <utility>

namespace heliograph::sql {
namespace {

struct PostgresqlInsert final : Insert {
    explicit PostgresqlInsert(std::shared_ptr<PostgresqlTarget> into) : target(std::move(into)) {}
    std::shared_ptr<PostgresqlTarget> target;  // shared with the rows that wait for commit
};

void append(std::string& list, std::string_view item) {
    list.append(list.empty() ? "" : ", ").append(item);
}

/// A field that holds moments cannot be told from the number of what; the time can.
Wire wire_of_column(const Column& column) noexcept {
    const bool is_moment = column.type == ColumnType::timestamp && column.role != Column::Role::time;
    return is_moment ? Wire::unsupported : wire_of(column.engine_type);
}

}  // namespace

PostgresqlEngine::PostgresqlEngine(const ServerLocation& location, const Options& options, Host host)
    : host_(host),
      connection_(location, options),
      catalog_(connection_),
      schema_(connection_, catalog_, options.create_table),
      writer_(connection_) {}

void PostgresqlEngine::open() {
    connection_.clear_interrupt();
    writer_.forget_connection();
    connection_.open();
    catalog_.open();
    host_.debug("connected to " + connection_.target());
}

void PostgresqlEngine::close() noexcept {
    writer_.clear();
    writer_.forget_connection();
    in_transaction_ = false;
    connection_.close();
}

Engine::Catalog PostgresqlEngine::begin() {
    connection_.clear_interrupt();
    writer_.clear();
    in_transaction_ = true;
    // What has changed meanwhile shows when rows are written.
    return Catalog::unchanged;
}

std::vector<RefusedRow> PostgresqlEngine::commit() {
    std::vector<RefusedRow> refused;
    try {
        refused = writer_.commit();
    } catch (const MissingRight& error) {
        throw Fatal(error.what());
    }
    writer_.clear();
    in_transaction_ = false;
    return refused;
}

void PostgresqlEngine::rollback() noexcept {
    writer_.clear();
    in_transaction_ = false;
    connection_.rollback();
}

std::optional<NamedObject> PostgresqlEngine::find(const Identifier& name) {
    return catalog_.find(name);
}

Table PostgresqlEngine::read_table(const Identifier& name) {
    return catalog_.read(name).table;
}

void PostgresqlEngine::create_table(const Identifier& name, std::span<const Column> columns, Key key) {
    schema_.create(name, columns, key);
}

void PostgresqlEngine::add_columns(const Table& table, std::span<const Column> columns) {
    schema_.add_columns(table, columns);
}

void PostgresqlEngine::widen_column(const Table& table, const Column& column, ColumnType to) {
    schema_.widen(table.name, column, to);
}

void PostgresqlEngine::run_script(std::string_view sql, std::string_view doing) {
    schema_.run_script(sql, doing);
}

std::size_t PostgresqlEngine::delete_before(const Table& table, const Value& time, std::size_t about) {
    const auto column = std::find_if(table.columns.begin(), table.columns.end(), [](const Column& candidate) {
        return candidate.role == Column::Role::time;
    });
    if (column == table.columns.end()) {
        return 0;
    }
    constexpr std::size_t kSizeBytes = 4;
    CopyBuffer encoded;
    encoded.add_value({wire_of_column(*column), column->name.quoted()}, time);
    const std::string name = catalog_.qualified(table.name);
    const std::string& quoted = column->name.quoted();
    const std::array<PostgresqlParameter, 1> parameters{
        {{encoded.bytes().substr(kSizeBytes), column->engine_type}}};
    const PostgresqlResult result =
        connection_.query("DELETE FROM " + name + " WHERE " + quoted + " < $1 AND " + quoted +
                              " <= COALESCE((SELECT " + quoted + " FROM " + name + " ORDER BY " + quoted +
                              " LIMIT 1 OFFSET " + std::to_string(about == 0 ? 0 : about - 1) + "), $1)",
                          parameters, "delete old rows of table " + table.name.quoted());
    const std::string_view count = PQcmdTuples(result.get());
    std::size_t deleted = 0;
    std::from_chars(count.data(), count.data() + count.size(), deleted);
    return deleted;
}

std::unique_ptr<Insert> PostgresqlEngine::prepare_insert(const Table& table, std::span<const Column> columns,
                                                         OnConflict on_conflict) {
    constexpr std::uint64_t kTimePart = 1;
    const std::hash<std::string_view> hash;
    auto target = std::make_shared<PostgresqlTarget>();
    target->table = catalog_.qualified(table.name);
    target->table_hash = hash(target->table);
    target->on_conflict = on_conflict;
    for (const Column& column : columns) {
        const std::string& name = column.name.quoted();
        target->columns.push_back({wire_of_column(column), name});
        target->types.push_back(column.engine_type);
        append(target->names, name);
        switch (column.role) {
            case Column::Role::time:
                target->key_parts.push_back(kTimePart);
                break;
            case Column::Role::tag:
                target->key_parts.push_back(hash(name) | (kTimePart << 1));  // neither of the other two
                break;
            case Column::Role::field:
                target->key_parts.push_back(0);
                if (on_conflict == OnConflict::merge) {
                    append(target->updates, name + " = COALESCE(excluded." + name + ", stored." + name + ")");
                }
                break;
        }
    }
    for (const Column& column : table.columns) {
        if (column.role != Column::Role::field) {
            append(target->key, column.name.quoted());
        }
    }
    return std::make_unique<PostgresqlInsert>(std::move(target));
}

void PostgresqlEngine::insert(Insert& insert, std::span<const Value> row) {
    if (connection_.interrupted()) {
        throw Stopped();
    }
    writer_.add(static_cast<PostgresqlInsert&>(insert).target, row);
}

}  // namespace heliograph::sql
