// What the SQL output needs of a database; one implementation per engine.
#pragma once

#include "outputs/sql/identifier.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/value.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// The database refuses this row for good; what else the transaction holds is not touched.
class RowError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The catalog is no longer what it was when the statement was planned: read it anew and try once more.
class SchemaChanged : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The column that every table has, first in its key.
inline constexpr std::string_view kTimeColumn = "time";

/// A column as the catalog has it.
struct Column {
    enum class Role { time, tag, field };  // the time and the tags make the key

    Identifier name;
    ColumnType type;
    Role role;
};

/// A table as the catalog has it.
struct Table {
    Identifier name;
    std::vector<Column> columns;
    bool is_new = false;  // planned, not yet made
};

/// What bears a name in the catalog.
struct NamedObject {
    std::string name;  // as the catalog spells it
    bool is_table;
};

/// A prepared insert, of the engine that made it. It goes before the engine closes.
class Insert {
public:
    Insert() = default;
    Insert(const Insert&) = delete;
    Insert& operator=(const Insert&) = delete;
    virtual ~Insert() = default;
};

/// One connection to a database. Besides what each call says, every call but close, rollback and interrupt
/// may throw Retry (away, busy, full: nothing was committed), Fatal (a person must act) or Stopped.
/// All calls [own strand], interrupt excepted.
class Engine {
public:
    /// Whether what was read from the catalog and prepared earlier still holds.
    enum class Catalog { unchanged, changed };

    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual ~Engine() = default;

    [[nodiscard]] virtual const IdentifierRules& identifier_rules() const noexcept = 0;
    /// Most columns that the engine allows in a table.
    [[nodiscard]] virtual std::size_t max_columns() const noexcept = 0;

    virtual void open() = 0;
    /// Whether what is open is no longer the database that the configuration names: only a new connection
    /// leads there, and all that is prepared on this one must go before.
    [[nodiscard]] virtual bool is_stale() const noexcept = 0;
    /// Safe without open and twice. An open transaction is rolled back.
    virtual void close() noexcept = 0;
    /// Makes a running call throw Stopped soon. [any thread]
    virtual void interrupt() noexcept = 0;

    /// Begins the one transaction of a batch: from here on nobody else changes the catalog.
    virtual Catalog begin() = 0;
    virtual void commit() = 0;
    /// Safe without begin.
    virtual void rollback() noexcept = 0;
    /// Whether the transaction is still there; an error may have ended it.
    [[nodiscard]] virtual bool in_transaction() const noexcept = 0;

    /// What bears a name, as the engine compares names; nothing when the name is free.
    [[nodiscard]] virtual std::optional<NamedObject> find(const Identifier& name) = 0;
    /// A table that exists. None of its columns has the role of time when it does not begin its key.
    [[nodiscard]] virtual Table read_table(const Identifier& name) = 0;

    /// Makes a table of the given columns; the time and the tags, in their order, are its key.
    virtual void create_table(const Identifier& name, std::span<const Column> columns) = 0;
    /// Adds columns to a table; tags join the end of its key, and existing rows have '' in them.
    virtual void add_columns(const Table& table, std::span<const Column> columns) = 0;

    /// Prepares an insert of the given columns, in this order.
    [[nodiscard]] virtual std::unique_ptr<Insert> prepare_insert(const Table& table,
                                                                 std::span<const Column> columns,
                                                                 OnConflict on_conflict) = 0;
    /// Inserts one row; one value per column of the insert. Throws RowError or SchemaChanged.
    virtual void insert(Insert& insert, std::span<const Value> row) = 0;
};

}  // namespace heliograph::sql
