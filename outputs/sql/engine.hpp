// What the SQL output needs of a database; one implementation per engine.
#pragma once

#include "outputs/sql/identifier.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/value.hpp"

#include <cstddef>
#include <cstdint>
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

/// This user may not change the schema.
class MissingRight : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Whether a table holds a series only once at any time.
enum class Key { unique, none };

/// The column that every table has, first in its key.
inline constexpr std::string_view kTimeColumn = "time";
/// The column of all tags in a table of the layout `jsonb`.
inline constexpr std::string_view kTagsColumn = "tags";

/// A column as the catalog has it.
struct Column {
    enum class Role { time, tag, field };  // the time and the tags make the key

    Identifier name;
    ColumnType type;
    Role role;
    /// What the engine's catalog calls the type, in the engine's own numbers; 0 before the column is made.
    std::uint32_t engine_type = 0;
};

/// A table as the catalog has it.
struct Table {
    Identifier name;
    std::vector<Column> columns;
    bool is_new = false;  // planned, not yet made
    Key key = Key::unique;
};

/// A row that the engine refused for good.
struct RefusedRow {
    std::size_t row;  ///< how many rows had been inserted before it in this transaction
    std::string reason;
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
    /// Whether a column takes only values of its own type, so that it must be widened before a floating value
    /// goes into a column of integers. Without, a column takes what comes.
    [[nodiscard]] virtual bool enforces_types() const noexcept = 0;

    virtual void open() = 0;
    /// Whether what is open is no longer the database that the configuration names: only a new connection
    /// leads there, and all that is prepared on this one must go before.
    [[nodiscard]] virtual bool is_stale() const noexcept = 0;
    /// Safe without open and twice. An open transaction is rolled back.
    virtual void close() noexcept = 0;
    /// Makes a running call throw Stopped soon. [any thread]
    virtual void interrupt() noexcept = 0;

    /// Begins the one transaction of a batch. An engine whose rows wait for commit may begin it only there;
    /// changes of the schema are then transactions of their own, before it.
    virtual Catalog begin() = 0;
    /// Writes the rows that still wait and makes everything permanent. Returns the rows that were refused:
    /// all others are stored. Throws SchemaChanged when the catalog was found changed, and nothing was
    /// stored.
    [[nodiscard]] virtual std::vector<RefusedRow> commit() = 0;
    /// Safe without begin.
    virtual void rollback() noexcept = 0;
    /// Whether the transaction is still there; an error may have ended it.
    [[nodiscard]] virtual bool in_transaction() const noexcept = 0;

    /// What bears a name, as the engine compares names; nothing when the name is free.
    [[nodiscard]] virtual std::optional<NamedObject> find(const Identifier& name) = 0;
    /// A table that exists. With a key (a primary key, or a unique one that begins with the time), the column
    /// `time` has the role of time when it begins the key, and the others of the key are tags. Without,
    /// `time` has the role of time, and texts that are NOT NULL with the default '' are tags, as is
    /// `tags` of the type json.
    [[nodiscard]] virtual Table read_table(const Identifier& name) = 0;

    // The next three hold a lock against other writers of this output, and succeed also when somebody else
    // has done the same meanwhile: read the table again to see what it then is. They throw RowError when the
    // database refuses the change for good, MissingRight when this user may not make it.

    /// Makes a table of the given columns. With `unique` the time and the tags, in their order, are its key.
    /// When the option create_table is set, its text is run instead (fill_in.hpp): `{table}` is the quoted
    /// name, `{columns}` the declarations of the columns and `{key}` the quoted names of the time and the
    /// tags, each list with commas and without parentheses.
    virtual void create_table(const Identifier& name, std::span<const Column> columns, Key key) = 0;
    /// Adds columns to a table; tags join the end of its key, and existing rows have '' in them.
    virtual void add_columns(const Table& table, std::span<const Column> columns) = 0;
    /// Gives a column a type that holds what it held and more.
    virtual void widen_column(const Table& table, const Column& column, ColumnType to) = 0;
    /// Runs SQL that a person wrote, one or more statements.
    virtual void run_script(std::string_view sql, std::string_view doing) = 0;

    /// Deletes about so many of the rows that are older than `time`, which is what the time column holds,
    /// oldest first; all rows of one time go together. A transaction of its own, outside of begin and commit.
    /// Returns how many went.
    virtual std::size_t delete_before(const Table& table, const Value& time, std::size_t about) = 0;

    /// Prepares an insert of the given columns, in this order. `append` is only asked for tables without a
    /// key, the others only for tables with one. A plan may be thrown away while rows of its insert wait for
    /// commit: they are written all the same.
    [[nodiscard]] virtual std::unique_ptr<Insert> prepare_insert(const Table& table,
                                                                 std::span<const Column> columns,
                                                                 OnConflict on_conflict) = 0;
    /// Inserts one row, or keeps it until commit; one value per column of the insert, whose texts may go when
    /// the call returns. Throws RowError or SchemaChanged; a row that threw is not counted as inserted.
    virtual void insert(Insert& insert, std::span<const Value> row) = 0;
};

}  // namespace heliograph::sql
