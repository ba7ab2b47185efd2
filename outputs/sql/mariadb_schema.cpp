#include "outputs/sql/mariadb_schema.hpp"

#include <algorithm>
#include <array>

namespace heliograph::sql {
namespace {

// MariaDB, "InnoDB Limitations": a key of 3,072 bytes with the row format DYNAMIC and pages of 16 KiB.
constexpr std::size_t kKeyBytes = 3072;
constexpr std::size_t kBytesPerCharacter = 4;
constexpr std::size_t kMostCharacters = 191;
constexpr std::size_t kTimeTextBytes = 30;  // 2026-06-21T10:00:00.123456789Z, in ASCII
constexpr std::size_t kNumberBytes = 8;     // also of a datetime(6)

/// Compares byte by byte and keeps trailing spaces apart: `abc`, `ABC` and `abc ` are three tags.
std::string_view tag_collation(MariadbProduct product) noexcept {
    return product == MariadbProduct::mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
}

std::string text_type(std::string_view type, MariadbProduct product) {
    return std::string(type) + " CHARACTER SET utf8mb4 COLLATE " + std::string(tag_collation(product));
}

std::string field_type(ColumnType type, MariadbProduct product) {
    switch (type) {
        case ColumnType::floating:
            return "double";
        case ColumnType::integer:
            return "bigint";
        case ColumnType::unsigned_integer:
            return "bigint unsigned";
        case ColumnType::boolean:
            return "tinyint(1)";
        case ColumnType::timestamp:
            return "datetime(6)";
        case ColumnType::text:
        case ColumnType::json:
            break;
    }
    return text_type("longtext", product);
}

std::string tag_type(std::size_t characters, MariadbProduct product) {
    return text_type("varchar(" + std::to_string(characters) + ")", product) + " NOT NULL DEFAULT ''";
}

std::string time_type(ColumnType type, MariadbProduct product) {
    return (type == ColumnType::text
                ? "varchar(" + std::to_string(kTimeTextBytes) + ") CHARACTER SET ascii COLLATE ascii_bin"
                : field_type(type, product)) +
           " NOT NULL";
}

std::string declaration(const Column& column, std::size_t characters, MariadbProduct product) {
    const std::string name = column.name.quoted() + " ";
    switch (column.role) {
        case Column::Role::time:
            return name + time_type(column.type, product);
        case Column::Role::tag:
            return name + tag_type(characters, product);
        case Column::Role::field:
            break;
    }
    return name + field_type(column.type, product);
}

std::size_t count_tags(std::span<const Column> columns) noexcept {
    return static_cast<std::size_t>(std::count_if(columns.begin(), columns.end(), [](const Column& column) {
        return column.role == Column::Role::tag;
    }));
}

std::size_t time_bytes(ColumnType type) noexcept {
    return type == ColumnType::text ? kTimeTextBytes : kNumberBytes;
}

void append(std::string& list, std::string_view item) {
    list.append(list.empty() ? "" : ", ").append(item);
}

template <class Columns>
std::string name_list(const Columns& columns) {
    std::string list;
    for (const auto& column : columns) {
        append(list, column.name.quoted());
    }
    return list;
}

}  // namespace

bool MariadbTable::in_key(std::string_view column) const {
    return std::find(key.begin(), key.end(), column) != key.end();
}

Table MariadbTable::as_table(const Identifier& name) const {
    Table table{name, {}, false, key_name.empty() ? Key::none : Key::unique};
    const bool time_leads = table.key == Key::none || key.front() == kTimeColumn;
    for (const Entry& entry : columns) {
        Column::Role role = Column::Role::field;
        if (entry.name.name() == kTimeColumn && time_leads) {
            role = Column::Role::time;
        } else if (table.key == Key::none ? entry.is_tag_like : in_key(entry.name.name())) {
            role = Column::Role::tag;
        }
        table.columns.push_back({entry.name, entry.type, role, entry.engine_type});
    }
    return table;
}

ColumnType column_type_of(std::string_view data_type, std::string_view column_type) noexcept {
    const auto is_one_of = [&](auto... names) { return ((data_type == names) || ...); };
    if (is_one_of("double", "float", "decimal")) {
        return ColumnType::floating;
    }
    if (column_type == "tinyint(1)") {
        return ColumnType::boolean;
    }
    if (is_one_of("tinyint", "smallint", "mediumint", "int", "bigint", "bit", "year")) {
        const bool has_no_sign = column_type.find("unsigned") != std::string_view::npos;
        return has_no_sign || is_one_of("bit", "year") ? ColumnType::unsigned_integer : ColumnType::integer;
    }
    return is_one_of("datetime", "timestamp") ? ColumnType::timestamp : ColumnType::text;
}

std::size_t tag_characters(std::size_t tags, std::size_t other_bytes) noexcept {
    if (tags == 0 || other_bytes >= kKeyBytes) {
        return kMostCharacters;
    }
    const std::size_t fitting = (kKeyBytes - other_bytes) / tags / kBytesPerCharacter;
    return std::clamp<std::size_t>(fitting, 1, kMostCharacters);
}

std::string column_declarations(std::span<const Column> columns, MariadbProduct product) {
    const auto time = std::find_if(columns.begin(), columns.end(),
                                   [](const Column& column) { return column.role == Column::Role::time; });
    const std::size_t characters =
        tag_characters(count_tags(columns), time == columns.end() ? 0 : time_bytes(time->type));
    std::string list;
    for (const Column& column : columns) {
        append(list, declaration(column, characters, product));
    }
    return list;
}

std::string key_columns(std::span<const Column> columns) {
    std::string list;
    for (const Column& column : columns) {
        if (column.role != Column::Role::field) {
            append(list, column.name.quoted());
        }
    }
    return list;
}

std::string create_table_sql(const Identifier& name, std::span<const Column> columns, Key key,
                             MariadbProduct product) {
    // Without a key there is still an index on the time, for those who read and for deleting what is old.
    const std::string index = key == Key::unique ? "PRIMARY KEY (" + key_columns(columns) + ")"
                                                 : "KEY (`" + std::string(kTimeColumn) + "`)";
    return "CREATE TABLE IF NOT EXISTS " + name.quoted() + " (" + column_declarations(columns, product) +
           ", " + index + ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC";
}

std::string add_columns_sql(const Identifier& name, const MariadbTable& before,
                            std::span<const Column> columns, const IdentifierRules& rules,
                            MariadbProduct product) {
    const std::size_t new_tags = count_tags(columns);
    const bool key_changes = new_tags != 0 && !before.key_name.empty();
    std::size_t key_texts = new_tags;
    std::size_t other_bytes = 0;
    for (const MariadbTable::Entry& entry : before.columns) {
        if (before.in_key(entry.name.name())) {
            const bool is_tag = entry.type == ColumnType::text && entry.name.name() != kTimeColumn;
            key_texts += is_tag ? 1 : 0;
            other_bytes += is_tag ? 0 : time_bytes(entry.type);
        }
    }
    const std::size_t characters = tag_characters(key_changes ? key_texts : 0, other_bytes);
    std::string changes;
    if (key_changes) {
        for (const MariadbTable::Entry& entry : before.columns) {
            if (entry.is_tag_like && before.in_key(entry.name.name()) && entry.characters > characters) {
                append(changes, "MODIFY " + entry.name.quoted() + " " + tag_type(characters, product));
            }
        }
    }
    for (const Column& column : columns) {
        append(changes, "ADD COLUMN " + declaration(column, characters, product));
    }
    if (key_changes) {
        std::string key;
        for (const std::string& column : before.key) {
            append(key, Identifier::existing(rules, column).quoted());
        }
        append(key, key_columns(columns));
        const bool is_primary = before.key_name == "PRIMARY";
        const std::string index = Identifier::existing(rules, before.key_name).quoted();
        append(changes, is_primary ? "DROP PRIMARY KEY" : "DROP INDEX " + index);
        append(changes, (is_primary ? "ADD PRIMARY KEY (" : "ADD UNIQUE INDEX " + index + " (") + key + ")");
    }
    return "ALTER TABLE " + name.quoted() + " " + changes;
}

std::string widen_column_sql(const Identifier& name, const Identifier& column, ColumnType to,
                             MariadbProduct product) {
    return "ALTER TABLE " + name.quoted() + " MODIFY " + column.quoted() + " " + field_type(to, product);
}

std::string insert_sql(const Identifier& name, std::span<const Column> columns, OnConflict on_conflict) {
    std::string marks;
    std::string updates;
    for (const Column& column : columns) {
        append(marks, "?");
        if (column.role == Column::Role::field && on_conflict == OnConflict::merge) {
            const std::string& field = column.name.quoted();
            append(updates, field + " = COALESCE(VALUES(" + field + "), " + field + ")");
        }
    }
    std::string sql = "INSERT INTO " + name.quoted() + " (" + name_list(columns) + ") VALUES (" + marks + ")";
    if (on_conflict == OnConflict::append) {
        return sql;
    }
    // Not INSERT IGNORE, which also stores a cut or rounded value in place of one that does not fit.
    const std::string time = "`" + std::string(kTimeColumn) + "`";
    return sql + " ON DUPLICATE KEY UPDATE " + (updates.empty() ? time + " = " + time : updates);
}

std::string describe_sql(const Identifier& name, std::span<const Column> columns) {
    return "SELECT " + (columns.empty() ? "*" : name_list(columns)) + " FROM " + name.quoted() + " LIMIT 0";
}

}  // namespace heliograph::sql
