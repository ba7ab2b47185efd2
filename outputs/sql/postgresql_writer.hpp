// Keeps the rows of a batch and writes them to PostgreSQL in one transaction.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/postgresql_connection.hpp"
#include "outputs/sql/postgresql_copy.hpp"
#include "outputs/sql/postgresql_rounds.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// What rows of one insert have in common, and those of them that wait for commit.
struct PostgresqlTarget {
    std::string table;  ///< quoted, with its schema
    std::vector<CopyColumn> columns;
    std::vector<std::uint32_t> types;  ///< of the columns, as the catalog had them
    OnConflict on_conflict;
    std::string key;      ///< quoted names with commas
    std::string names;    ///< of all columns, the same
    std::string updates;  ///< what a merge sets; empty when there is nothing to set

    /// Of each column: which part of the key it is. 0: none, 1: the time, others: a hash of the tag's name.
    std::vector<std::uint64_t> key_parts;
    std::uint64_t table_hash = 0;

    /// The n-th row of a key is in the n-th of them, so that no statement meets a row twice.
    std::vector<CopyBuffer> rounds;
};

/// Keyed rows are copied to a temporary table and inserted from there, the others are copied at once. A row
/// that the server refuses is found and left out. [own strand]
class PostgresqlWriter {
public:
    /// The connection must outlive it.
    explicit PostgresqlWriter(PostgresqlConnection& connection) : connection_(connection) {}

    /// Keeps a row until commit; its texts are copied. Throws RowError when a column cannot hold its value.
    void add(const std::shared_ptr<PostgresqlTarget>& target, std::span<const Value> row);
    /// Writes all rows that were added, and returns those that were refused. Errors are those of Engine.
    [[nodiscard]] std::vector<RefusedRow> commit();
    /// Forgets the rows that were added. The connection's transaction is not touched.
    void clear() noexcept;
    /// Forgets the temporary tables, which go with their connection.
    void forget_connection() noexcept { staging_.clear(); }

private:
    /// A temporary table, for all inserts of the same types.
    struct Staging {
        std::string name;
        bool has_rows = false;   // from an earlier statement of the transaction
        bool is_needed = false;  // by the batch
    };
    struct Rows {
        std::size_t first;
        std::size_t count;
    };

    void ensure_staging();
    void write_round(PostgresqlTarget& target, const CopyBuffer& buffer);
    void write_rows(PostgresqlTarget& target, const CopyBuffer& buffer, Rows rows);

    PostgresqlConnection& connection_;
    std::map<std::string, Staging, std::less<>> staging_;  // by the types of their columns
    std::size_t staging_made_ = 0;                         // ever, so that names are new
    std::vector<std::shared_ptr<PostgresqlTarget>> pending_;
    std::vector<CopyBuffer> spare_;
    KeyCounter keys_;
    std::size_t rows_ = 0;
    std::size_t rounds_ = 0;
    bool is_open_ = false;  // the transaction, on the server
    std::vector<RefusedRow> refused_;
};

}  // namespace heliograph::sql
