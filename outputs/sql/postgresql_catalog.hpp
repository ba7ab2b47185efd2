// Reads from PostgreSQL's catalog what tables there are and how they are made.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/postgresql_connection.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

extern const IdentifierRules kPostgresqlRules;

/// A table, with more of its key than the rest of the output needs to know.
struct PostgresqlTable {
    Table table;
    std::vector<Identifier> key;  // in the order of the index; empty when there is none
    std::string key_index;        // its name in the catalog
    std::string key_constraint;   // that the index belongs to; empty when it stands alone
};

/// Everything is looked up and made in one schema: the first of the session's search_path. [own strand]
class PostgresqlCatalog {
public:
    explicit PostgresqlCatalog(PostgresqlConnection& connection) : connection_(connection) {}

    /// Finds the schema; to be called on every new connection. Throws Fatal when there is none.
    void open();

    [[nodiscard]] std::optional<NamedObject> find(const Identifier& name);
    /// A table without columns when there is none of that name.
    [[nodiscard]] PostgresqlTable read(const Identifier& name);

    /// The name with its schema, as it is written in SQL.
    [[nodiscard]] std::string qualified(const Identifier& name) const {
        return schema_ + "." + name.quoted();
    }

private:
    PostgresqlConnection& connection_;
    std::string schema_name_;
    std::string schema_;  // quoted
};

/// Names with commas between them.
[[nodiscard]] std::string name_list(const std::vector<Identifier>& names);

}  // namespace heliograph::sql
