// What a user may set on the SQL output.
#pragma once

#include <heliograph/options.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace heliograph::sql {

/// What happens to a metric whose time and tags are in its table already.
enum class OnConflict { merge, ignore };

/// How the time column holds a metric's time.
enum class TimeFormat { nanoseconds, milliseconds, text };

/// When the database waits for the disk.
enum class Synchronous { normal, full, off };

struct Options {
    std::string url;
    std::string table_prefix;
    OnConflict on_conflict = OnConflict::merge;
    TimeFormat time_format = TimeFormat::nanoseconds;
    std::int64_t max_columns = 500;
    Synchronous synchronous = Synchronous::normal;
    std::chrono::milliseconds busy_timeout{5000};

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::url>("url",
                                          "Database to write to: `sqlite:///absolute/path.db`, "
                                          "`sqlite://relative.db` or `sqlite::memory:`.")
            .required()
            .example("\"sqlite:///var/lib/heliograph/metrics.db\""),
        heliograph::option<&Options::table_prefix>("table_prefix",
                                                   "Text put before the metric's name to make the table's."),
        heliograph::option<&Options::on_conflict>("on_conflict",
                                                  "What to do with a metric whose time and tags are stored "
                                                  "already: `merge` its fields into the row, "
                                                  "or `ignore` it.")
            .choices({{"merge", OnConflict::merge}, {"ignore", OnConflict::ignore}}),
        heliograph::option<&Options::time_format>(
            "time_format",
            "Content of the time column: nanoseconds (`ns`) or milliseconds (`ms`) since 1970-01-01 UTC, or "
            "`text` in ISO 8601. Choose before the first table is made.")
            .choices({{"ns", TimeFormat::nanoseconds},
                      {"ms", TimeFormat::milliseconds},
                      {"text", TimeFormat::text}}),
        heliograph::option<&Options::max_columns>(
            "max_columns", "Most columns that a table may grow to; a metric that needs more is rejected.")
            .at_least(std::int64_t{2})
            .at_most(std::int64_t{2000}),
        heliograph::option<&Options::synchronous>(
            "synchronous",
            "When to wait for the disk: `normal` (a power cut may cost the last commits), `full` (every "
            "commit) or `off` (a power cut may corrupt the file).")
            .choices(
                {{"normal", Synchronous::normal}, {"full", Synchronous::full}, {"off", Synchronous::off}}),
        heliograph::option<&Options::busy_timeout>(
            "busy_timeout", "Longest wait for another program that has the database locked.")
            .at_least(std::chrono::milliseconds{0})
            .at_most(std::chrono::minutes{10}));
};

}  // namespace heliograph::sql
