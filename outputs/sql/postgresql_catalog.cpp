#include "outputs/sql/postgresql_catalog.hpp"

#include "outputs/sql/postgresql_copy.hpp"

#include <heliograph/errors.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace heliograph::sql {
namespace {

// PostgreSQL looks for pg_ names in its own catalog first; heliograph_ is for tables of this output's own.
constexpr auto kReservedTablePrefixes = std::to_array<std::string_view>({"pg_", "heliograph_"});
// Source: PostgreSQL, "System Columns".
constexpr auto kSystemColumns =
    std::to_array<std::string_view>({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"});

constexpr std::string_view kReading = "read the database's catalog";

const std::string kFind = R"(
SELECT relname, relkind IN ('r', 'p') FROM pg_class
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relname = $2
UNION ALL
SELECT typname, false FROM pg_type
WHERE typnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND typname = $2 AND typrelid = 0
LIMIT 1)";

// The key is the unique index that begins with the time and has the most columns, or else the primary key.
// An index that a row with NULL escapes, or that holds for some rows only, is no key.
const std::string kReadColumns = R"(
SELECT a.attname, COALESCE(NULLIF(t.typbasetype, 0), a.atttypid),
    CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
    a.attnotnull, a.attgenerated <> '' OR a.attidentity = 'a', COALESCE(pg_get_expr(d.adbin, d.adrelid), ''),
    COALESCE(array_position(k.columns, a.attnum), 0), k.index_name, k.constraint_name
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN LATERAL (
    SELECT x.relname AS index_name, n.conname AS constraint_name,
        ARRAY(SELECT u.number FROM unnest(i.indkey) WITH ORDINALITY AS u (number, at)
            WHERE u.at <= i.indnkeyatts ORDER BY u.at) AS columns
    FROM pg_index i
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_attribute f ON f.attrelid = i.indrelid AND f.attnum = i.indkey[0]
    LEFT JOIN pg_constraint n ON n.conindid = i.indexrelid AND n.conrelid = i.indrelid AND n.contype IN ('p', 'u')
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
        AND i.indexprs IS NULL AND (i.indisprimary OR f.attname = 'time' AND NOT EXISTS (
            SELECT FROM unnest(i.indkey) WITH ORDINALITY AS u (number, at)
            JOIN pg_attribute m ON m.attrelid = i.indrelid AND m.attnum = u.number
            WHERE u.at <= i.indnkeyatts AND NOT m.attnotnull))
    ORDER BY f.attname = 'time' DESC, i.indnkeyatts DESC, x.relname LIMIT 1) k ON true
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relname = $2
    AND c.relkind IN ('r', 'p')
ORDER BY a.attnum)";

enum Field { kName, kType, kModifier, kNotNull, kGenerated, kDefault, kKeyPosition, kIndex, kConstraint };

std::int64_t number(std::string_view text) noexcept {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool is_true(std::string_view text) noexcept {
    return text == "t";
}

/// What the rest of the output takes a type for. A numeric with decimals takes floating values, and so does
/// one of any scale; what cannot be written at all looks like a text, as far as finding a column goes.
ColumnType column_type_of(std::uint32_t type, std::int64_t modifier) {
    // Precision and scale in two halves, 4 more than they are. Source: PostgreSQL, numerictypmodin.
    constexpr std::int64_t kHeader = 4;
    switch (wire_of(type)) {
        case Wire::int2:
        case Wire::int4:
        case Wire::int8:
            return ColumnType::integer;
        case Wire::float4:
        case Wire::float8:
            return ColumnType::floating;
        case Wire::numeric:
            return modifier >= kHeader && ((modifier - kHeader) & 0x7FF) == 0 ? ColumnType::unsigned_integer
                                                                              : ColumnType::floating;
        case Wire::boolean:
            return ColumnType::boolean;
        case Wire::json:
        case Wire::jsonb:
            return ColumnType::json;
        case Wire::timestamp:
        case Wire::timestamptz:
            return ColumnType::timestamp;
        case Wire::text:
        case Wire::unsupported:
            break;
    }
    return ColumnType::text;
}

Column::Role role_of(const PostgresqlResult& rows, int row, ColumnType type, bool has_key) {
    const bool is_time = field_text(rows, row, kName) == kTimeColumn;
    const std::int64_t position = number(field_text(rows, row, kKeyPosition));
    if (has_key) {
        return position == 0 ? Column::Role::field
                             : (is_time && position == 1 ? Column::Role::time : Column::Role::tag);
    }
    if (is_time) {
        return Column::Role::time;
    }
    const bool is_tag = (type == ColumnType::text && is_true(field_text(rows, row, kNotNull)) &&
                         field_text(rows, row, kDefault).starts_with("''::")) ||
                        (type == ColumnType::json && field_text(rows, row, kName) == kTagsColumn);
    return is_tag ? Column::Role::tag : Column::Role::field;
}

}  // namespace

const IdentifierRules kPostgresqlRules{.max_bytes = 63,
                                       .reserved_table_prefixes = kReservedTablePrefixes,
                                       .reserved_column_names = kSystemColumns};

void PostgresqlCatalog::open() {
    const PostgresqlResult result = connection_.execute("SELECT current_schema()", kReading);
    schema_name_ = field_text(result, 0, 0);
    if (PQgetisnull(result.get(), 0, 0) != 0) {
        throw Fatal("cannot find a schema for tables at " + connection_.target() +
                    ": none in the search_path of the user exists; create it, or change the search_path with "
                    "ALTER ROLE");
    }
    schema_ = Identifier::existing(kPostgresqlRules, schema_name_).quoted();
}

std::optional<NamedObject> PostgresqlCatalog::find(const Identifier& name) {
    const std::array<PostgresqlParameter, 2> parameters{{{schema_name_}, {name.name()}}};
    const PostgresqlResult result = connection_.query(kFind, parameters, kReading);
    if (PQntuples(result.get()) == 0) {
        return std::nullopt;
    }
    return NamedObject{std::string(field_text(result, 0, 0)), is_true(field_text(result, 0, 1))};
}

PostgresqlTable PostgresqlCatalog::read(const Identifier& name) {
    const std::array<PostgresqlParameter, 2> parameters{{{schema_name_}, {name.name()}}};
    const PostgresqlResult rows = connection_.query(kReadColumns, parameters, kReading);
    PostgresqlTable read{{name, {}, false, Key::none}, {}, {}, {}};
    const int count = PQntuples(rows.get());
    if (count != 0 && PQgetisnull(rows.get(), 0, kIndex) == 0) {
        read.table.key = Key::unique;
        read.key_index = field_text(rows, 0, kIndex);
        read.key_constraint = field_text(rows, 0, kConstraint);
    }
    std::vector<std::pair<std::int64_t, Identifier>> key;
    for (int row = 0; row < count; ++row) {
        const auto type = static_cast<std::uint32_t>(number(field_text(rows, row, kType)));
        const ColumnType column_type = column_type_of(type, number(field_text(rows, row, kModifier)));
        const bool is_generated = is_true(field_text(rows, row, kGenerated));
        const Identifier column = Identifier::existing(kPostgresqlRules, field_text(rows, row, kName));
        read.table.columns.push_back({column, column_type,
                                      role_of(rows, row, column_type, read.table.key == Key::unique),
                                      is_generated ? 0 : type});
        if (const std::int64_t position = number(field_text(rows, row, kKeyPosition)); position != 0) {
            key.emplace_back(position, column);
        }
    }
    std::sort(key.begin(), key.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [position, column] : key) {
        read.key.push_back(std::move(column));
    }
    return read;
}

std::string name_list(const std::vector<Identifier>& names) {
    std::string list;
    for (const Identifier& name : names) {
        list += (list.empty() ? "" : ", ") + name.quoted();
    }
    return list;
}

}  // namespace heliograph::sql
