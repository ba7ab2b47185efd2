// What the error codes of SQLite mean for the rows that were being written.
#pragma once

#include <string>
#include <string_view>

namespace heliograph::sql {

/// Who can put a failure right.
enum class SqliteFailure {
    retry,    ///< time: another program, a full disk, a file system that is away
    fatal,    ///< a person: the file is not what it should be
    row,      ///< nobody: the row is refused for good
    schema,   ///< a fresh look at the catalog
    stopped,  ///< nothing failed: interrupt was called
};

/// Source: SQLite, "Result and Error Codes". `code` may be an extended one; `message` tells the meanings of
/// SQLITE_ERROR apart.
[[nodiscard]] SqliteFailure classify(int code, std::string_view message) noexcept;

/// Throws what the failure calls for: Retry, Fatal, RowError, SchemaChanged or Stopped. `doing` completes
/// "cannot …".
[[noreturn]] void throw_sqlite_failure(int code, std::string_view message, std::string_view doing);

}  // namespace heliograph::sql
