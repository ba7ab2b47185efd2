#include "outputs/sql/postgresql_schema.hpp"

#include "outputs/sql/fill_in.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <chrono>
#include <vector>

namespace heliograph::sql {
namespace {

// Any number will do that other programs on the database do not take: the letters HELIOGRA.
const std::string kLockNumber = "5207281539211317825";

// A change may rewrite a table or build an index, which takes as long as the table is large.
constexpr std::chrono::milliseconds kPatience = std::chrono::hours{1};

// Most columns of an index. Source: PostgreSQL, "Limits".
constexpr std::size_t kMostKeyColumns = 32;

std::string_view type_name(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::floating:
            return "double precision";
        case ColumnType::integer:
            return "bigint";
        case ColumnType::unsigned_integer:
            return "numeric(20, 0)";
        case ColumnType::boolean:
            return "boolean";
        case ColumnType::timestamp:
            return "timestamptz";
        case ColumnType::json:
            return "jsonb";
        case ColumnType::text:
            break;
    }
    return "text";
}

std::string declaration(const Column& column) {
    std::string text = column.name.quoted() + " ";
    text += type_name(column.type);
    switch (column.role) {
        case Column::Role::time:
            return text + " NOT NULL";
        case Column::Role::tag:
            return text +
                   (column.type == ColumnType::json ? " NOT NULL DEFAULT '{}'" : " NOT NULL DEFAULT ''");
        case Column::Role::field:
            break;
    }
    return text;
}

std::string declarations(std::span<const Column> columns, std::string_view before_each) {
    std::string list;
    for (const Column& column : columns) {
        list += list.empty() ? "" : ", ";
        list.append(before_each).append(declaration(column));
    }
    return list;
}

std::vector<Identifier> key_of(std::span<const Column> columns) {
    std::vector<Identifier> key;
    for (const Column& column : columns) {
        if (column.role != Column::Role::field) {
            key.push_back(column.name);
        }
    }
    return key;
}

/// Refuses what the server would refuse, without the lock and the way there: it may come with every row.
void require_key_fits(const Identifier& table, std::size_t columns) {
    if (columns > kMostKeyColumns) {
        throw RowError("table " + table.quoted() + " would have " + std::to_string(columns) +
                       " columns in its key, more than the " + std::to_string(kMostKeyColumns) +
                       " that PostgreSQL allows; send fewer tags, or set layout = \"jsonb\"");
    }
}

}  // namespace

void PostgresqlSchema::create(const Identifier& name, std::span<const Column> columns, Key key) {
    const std::string doing = "create table " + name.quoted();
    require_key_fits(name, key == Key::unique ? key_of(columns).size() : 0);
    change(doing, [&] {
        if (catalog_.find(name)) {
            return;
        }
        const std::string keys = name_list(key_of(columns));
        if (!create_table_.empty()) {
            connection_.execute(fill_in(create_table_, {{"{table}", name.quoted()},
                                                        {"{columns}", declarations(columns, "")},
                                                        {"{key}", keys}}),
                                doing + " by the option create_table");
            return;
        }
        std::string sql = "CREATE TABLE " + catalog_.qualified(name) + " (" + declarations(columns, "") + ")";
        if (key == Key::unique) {
            sql += "; CREATE UNIQUE INDEX ON " + catalog_.qualified(name) + " (" + keys + ")";
        }
        connection_.execute(sql, doing);
    });
}

void PostgresqlSchema::add_columns(const Table& known, std::span<const Column> columns) {
    const Identifier& name = known.name;
    const std::string doing = "add columns to table " + name.quoted();
    require_key_fits(name,
                     known.key == Key::unique ? key_of(known.columns).size() + key_of(columns).size() : 0);
    change(doing, [&] {
        const PostgresqlTable table = catalog_.read(name);
        std::vector<Column> missing;
        std::copy_if(columns.begin(), columns.end(), std::back_inserter(missing), [&](const Column& column) {
            return std::none_of(
                table.table.columns.begin(), table.table.columns.end(),
                [&](const Column& existing) { return existing.name.name() == column.name.name(); });
        });
        if (table.table.columns.empty() || missing.empty()) {
            return;
        }
        connection_.execute(
            "ALTER TABLE " + catalog_.qualified(name) + " " + declarations(missing, "ADD COLUMN "), doing);
        if (!table.key.empty() && !key_of(missing).empty()) {
            replace_key(table, missing, doing);
        }
    });
}

/// The new key is there before the old one goes, all in the transaction that has the table locked.
void PostgresqlSchema::replace_key(const PostgresqlTable& table, std::span<const Column> added,
                                   std::string_view doing) {
    std::vector<Identifier> key = table.key;
    for (Identifier& name : key_of(added)) {
        key.push_back(std::move(name));
    }
    const std::string target = catalog_.qualified(table.table.name);
    const auto existing = [](const std::string& name) {
        return Identifier::existing(kPostgresqlRules, name);
    };
    connection_.execute(
        "CREATE UNIQUE INDEX ON " + target + " (" + name_list(key) + "); " +
            (table.key_constraint.empty()
                 ? "DROP INDEX " + catalog_.qualified(existing(table.key_index))
                 : "ALTER TABLE " + target + " DROP CONSTRAINT " + existing(table.key_constraint).quoted()),
        doing);
}

void PostgresqlSchema::widen(const Identifier& name, const Column& column, ColumnType to) {
    const std::string doing = "widen column " + column.name.quoted() + " of table " + name.quoted();
    change(doing, [&] {
        const PostgresqlTable table = catalog_.read(name);
        const auto found =
            std::find_if(table.table.columns.begin(), table.table.columns.end(),
                         [&](const Column& existing) { return existing.name.name() == column.name.name(); });
        if (found == table.table.columns.end() || found->type != column.type) {
            return;
        }
        const std::string& quoted = column.name.quoted();
        // There is no cast from boolean to the types of numbers but integer.
        const bool by_way_of_integer = found->type == ColumnType::boolean && to != ColumnType::text;
        std::string sql = "ALTER TABLE " + catalog_.qualified(name) + " ALTER COLUMN " + quoted + " TYPE ";
        sql.append(type_name(to)).append(" USING ").append(quoted);
        sql.append(by_way_of_integer ? "::integer::" : "::").append(type_name(to));
        connection_.execute(sql, doing);
    });
}

void PostgresqlSchema::run_script(std::string_view sql, std::string_view doing) {
    // The lock is the session's and not a transaction's: some statements must not stand in one.
    connection_.execute("SELECT pg_advisory_lock(" + kLockNumber +
                            "); SET statement_timeout = " + std::to_string(kPatience.count()),
                        doing);
    const auto restore = [&] {
        connection_.rollback();  // what the script may have left open
        connection_.set_patience(connection_.statement_timeout());
        connection_.execute("SELECT pg_advisory_unlock_all(); SET statement_timeout = " +
                                std::to_string(connection_.statement_timeout().count()),
                            doing);
    };
    try {
        connection_.set_patience(kPatience);
        connection_.execute(std::string(sql), doing);
    } catch (const Stopped&) {
        connection_.close();
        throw;
    } catch (...) {
        restore();
        throw;
    }
    restore();
}

void PostgresqlSchema::change(std::string_view doing, const std::function<void()>& body) {
    try {
        connection_.execute("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = " +
                                std::to_string(kPatience.count()) + "; SELECT pg_advisory_xact_lock(" +
                                kLockNumber + ")",
                            doing);
        connection_.set_patience(kPatience);
        body();
        connection_.execute("COMMIT", doing);
    } catch (const NotSupported& error) {
        connection_.rollback();
        connection_.set_patience(connection_.statement_timeout());
        throw RowError(error.what());
    } catch (...) {
        connection_.rollback();
        connection_.set_patience(connection_.statement_timeout());
        throw;
    }
    connection_.set_patience(connection_.statement_timeout());
}

}  // namespace heliograph::sql
