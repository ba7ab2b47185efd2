// What a user may set on the SQL output.
#pragma once

#include <heliograph/options.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace heliograph::sql {

/// What happens to a metric whose time and tags are in its table already.
enum class OnConflict {
    merge,   ///< its fields go into the row
    ignore,  ///< the row stays as it is
    append,  ///< a further row: tables have no key
};

/// How the time column holds a metric's time.
enum class TimeFormat {
    automatic,  ///< what suits the engine: never seen behind the options
    nanoseconds,
    milliseconds,
    text,
    timestamp,  ///< the engine's own type for a moment
};

/// Where tags go.
enum class Layout { columns, jsonb };

/// What this output may do to the schema.
enum class SchemaChanges { create, alter, none };

/// When the database waits for the disk (SQLite).
enum class Synchronous { normal, full, off };

/// How a connection to a server is protected.
enum class Tls {
    off,
    prefer,   ///< if the server can, unverified
    require,  ///< unverified
    verify,   ///< the server's certificate and name
};

struct Options {
    std::string url;
    std::string user;
    Secret password;
    Tls tls = Tls::prefer;
    std::string tls_ca_file;
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::string table_prefix;
    OnConflict on_conflict = OnConflict::merge;
    TimeFormat time_format = TimeFormat::automatic;
    Layout layout = Layout::columns;
    SchemaChanges schema_changes = SchemaChanges::create;
    std::string create_table;
    TextMap after_create;
    std::chrono::seconds keep{0};
    std::int64_t max_columns = 500;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds statement_timeout{30000};
    Synchronous synchronous = Synchronous::normal;
    std::chrono::milliseconds busy_timeout{5000};

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::url>("url",
                                          "Database to write to: `sqlite:///absolute/path.db`, "
                                          "`sqlite://relative.db`, `postgresql://host:5432/database` or "
                                          "`mariadb://host:3306/database`.")
            .required()
            .example("\"sqlite:///var/lib/heliograph/metrics.db\""),
        heliograph::option<&Options::user>("user", "Who to log in as, if the URL does not say (server)."),
        heliograph::option<&Options::password>("password",
                                               "Password of the user, if the URL does not say (server); keep "
                                               "it in the environment or in a file."),
        heliograph::option<&Options::tls>(
            "tls",
            "How the connection is protected (server): `off`, `prefer` (if the server can), `require`, or "
            "`verify` (the server's certificate and name, too).")
            .choices({{"off", Tls::off},
                      {"prefer", Tls::prefer},
                      {"require", Tls::require},
                      {"verify", Tls::verify}}),
        heliograph::option<&Options::tls_ca_file>(
            "tls_ca_file", "Authorities that `verify` trusts, a PEM file (server); the system's unless set."),
        heliograph::option<&Options::tls_certificate_file>("tls_certificate_file",
                                                           "Certificate to show, a PEM file (server)."),
        heliograph::option<&Options::tls_key_file>("tls_key_file",
                                                   "Private key of that certificate, a PEM file (server)."),
        heliograph::option<&Options::table_prefix>("table_prefix",
                                                   "Text put before the metric's name to make the table's."),
        heliograph::option<&Options::on_conflict>("on_conflict",
                                                  "What to do with a metric whose time and tags are stored "
                                                  "already: `merge` its fields into the row, `ignore` it, or "
                                                  "`append` a further row. `append` makes tables without a "
                                                  "key: faster, but what is sent twice is stored twice.")
            .choices({{"merge", OnConflict::merge},
                      {"ignore", OnConflict::ignore},
                      {"append", OnConflict::append}}),
        heliograph::option<&Options::time_format>(
            "time_format",
            "Content of the time column: the database's own `timestamp` (PostgreSQL `timestamptz`, MariaDB "
            "`datetime(6)` in UTC; whole microseconds), nanoseconds (`ns`) or milliseconds (`ms`) since "
            "1970-01-01 UTC, or `text` in ISO 8601. `auto` is `timestamp` on a server and `ns` in SQLite. "
            "Choose before the first table is made.")
            .choices({{"auto", TimeFormat::automatic},
                      {"timestamp", TimeFormat::timestamp},
                      {"ns", TimeFormat::nanoseconds},
                      {"ms", TimeFormat::milliseconds},
                      {"text", TimeFormat::text}}),
        heliograph::option<&Options::layout>(
            "layout",
            "Where tags go: a column each (`columns`), or all into one column "
            "`tags` of type jsonb (`jsonb`, PostgreSQL).")
            .choices({{"columns", Layout::columns}, {"jsonb", Layout::jsonb}}),
        heliograph::option<&Options::schema_changes>(
            "schema_changes",
            "What may be done to the schema: `create` tables and columns, `alter` tables that exist, or "
            "`none`. Then a field without a column is left out and counted, and a metric without a table, or "
            "with a tag without a column, is rejected.")
            .choices({{"create", SchemaChanges::create},
                      {"alter", SchemaChanges::alter},
                      {"none", SchemaChanges::none}}),
        heliograph::option<&Options::create_table>(
            "create_table",
            "SQL to make a table with, in place of the usual: `{table}` is its quoted name, `{columns}` the "
            "list of its columns with their types, `{key}` the list of its time and its tags.")
            .example("\"CREATE TABLE {table} ({columns}, PRIMARY KEY ({key}))\""),
        heliograph::option<&Options::after_create>(
            "after_create",
            "SQL to run when this output has made a table, and once per start when it finds one, by table "
            "name or glob; so write it to be repeatable. `{table}` is the quoted name, `{table_text}` the "
            "same as a text literal. SQL that fails is a warning and costs no metric.")
            .example("{ \"*\" = \"SELECT create_hypertable({table_text}, 'time', if_not_exists => true)\" }"),
        heliograph::option<&Options::keep>(
            "keep",
            "Rows older than this are deleted, a few thousand after a write, from the tables that were "
            "written to since the start; 0s keeps them for ever.")
            .at_least(std::chrono::seconds{0})
            .at_most(std::chrono::hours{24 * 36500}),
        heliograph::option<&Options::max_columns>(
            "max_columns", "Most columns that a table may grow to; a metric that needs more is rejected.")
            .at_least(std::int64_t{2})
            .at_most(std::int64_t{2000}),
        heliograph::option<&Options::connect_timeout>("connect_timeout",
                                                      "Longest wait for a connection (server).")
            .at_least(std::chrono::milliseconds{100})
            .at_most(std::chrono::minutes{5}),
        heliograph::option<&Options::statement_timeout>("statement_timeout",
                                                        "Longest time that one statement may take (server).")
            .at_least(std::chrono::milliseconds{100})
            .at_most(std::chrono::hours{1}),
        heliograph::option<&Options::synchronous>(
            "synchronous",
            "When to wait for the disk: `normal` (a power cut may cost the last commits), `full` (every "
            "commit) or `off` (a power cut may corrupt the file); SQLite.")
            .choices(
                {{"normal", Synchronous::normal}, {"full", Synchronous::full}, {"off", Synchronous::off}}),
        heliograph::option<&Options::busy_timeout>(
            "busy_timeout", "Longest wait for another program that has the database locked; SQLite.")
            .at_least(std::chrono::milliseconds{0})
            .at_most(std::chrono::minutes{10}));
};

}  // namespace heliograph::sql
