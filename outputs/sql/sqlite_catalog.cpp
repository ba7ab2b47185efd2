#include "outputs/sql/sqlite_catalog.hpp"

#include <algorithm>

namespace heliograph::sql {
namespace {

/// The word for a type. A column of unsigned integers has BLOB affinity, which is none: those above 2^63 - 1
/// are stored as text, which any numeric affinity would turn into an inexact real. Source: SQLite,
/// "Datatypes", section 3.
std::string_view declared_type(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::floating:
            return "REAL";
        case ColumnType::integer:
        case ColumnType::timestamp:
            return "INTEGER";
        case ColumnType::unsigned_integer:
            return "UNSIGNED BLOB";
        case ColumnType::boolean:
            return "BOOLEAN";
        case ColumnType::text:
        case ColumnType::json:
            break;
    }
    return "TEXT";
}

}  // namespace

SqliteColumn declare(const Column& column, int key_position) {
    return {column.name, std::string(declared_type(column.type)), column.role != Column::Role::field,
            column.role == Column::Role::tag ? "''" : "", key_position};
}

std::string declarations(std::span<const SqliteColumn> columns) {
    std::string sql;
    for (const SqliteColumn& column : columns) {
        sql += sql.empty() ? "" : ", ";
        sql += column.name.quoted();
        sql += " " + column.type + (column.not_null ? " NOT NULL" : "");
        if (!column.default_expression.empty()) {
            sql += " DEFAULT " + column.default_expression;
        }
    }
    return sql;
}

std::string create_table_sql(const Identifier& name, std::span<const SqliteColumn> columns) {
    const std::string sql = "CREATE TABLE " + name.quoted() + " (" + declarations(columns);
    std::vector<const SqliteColumn*> key;
    for (const SqliteColumn& column : columns) {
        if (column.key_position != 0) {
            key.push_back(&column);
        }
    }
    if (key.empty()) {
        return sql + ")";
    }
    std::sort(key.begin(), key.end(),
              [](const auto* a, const auto* b) { return a->key_position < b->key_position; });
    std::string names;
    for (const SqliteColumn* column : key) {
        names += (names.empty() ? "" : ", ") + column->name.quoted();
    }
    return sql + ", PRIMARY KEY (" + names + ")) WITHOUT ROWID";
}

ColumnType column_type_of(std::string declared) {
    std::transform(declared.begin(), declared.end(), declared.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    const auto has = [&](std::string_view word) { return declared.find(word) != std::string::npos; };
    if (has("INT")) {
        return ColumnType::integer;
    }
    if (has("CHAR") || has("CLOB") || has("TEXT")) {
        return ColumnType::text;
    }
    if (has("BLOB") || declared.empty()) {
        return ColumnType::unsigned_integer;
    }
    return has("BOOL") ? ColumnType::boolean : ColumnType::floating;
}

Column::Role role_of(const SqliteColumn& column, Key key) {
    if (key == Key::unique) {
        if (column.key_position == 1 && column.name.name() == kTimeColumn) {
            return Column::Role::time;
        }
        return column.key_position != 0 ? Column::Role::tag : Column::Role::field;
    }
    if (column.name.name() == kTimeColumn) {
        return Column::Role::time;
    }
    const bool is_tag = column.not_null && column.default_expression == "''" &&
                        column_type_of(column.type) == ColumnType::text;
    return is_tag ? Column::Role::tag : Column::Role::field;
}

}  // namespace heliograph::sql
