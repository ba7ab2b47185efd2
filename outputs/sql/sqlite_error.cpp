#include "outputs/sql/sqlite_error.hpp"

#include "outputs/sql/engine.hpp"

#include <heliograph/errors.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace heliograph::sql {
namespace {

constexpr int primary(int code) noexcept {
    return code & 0xff;
}

bool tells_of_another_schema(std::string_view message) noexcept {
    constexpr auto kSigns = std::to_array<std::string_view>(
        {"no such table", "no such column", "has no column named", "duplicate column name", "already exists",
         "does not match any PRIMARY KEY or UNIQUE constraint"});
    return std::any_of(kSigns.begin(), kSigns.end(),
                       [&](std::string_view sign) { return message.find(sign) != std::string_view::npos; });
}

std::string_view advice(int code) noexcept {
    switch (primary(code)) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "; another program has the database locked";
        case SQLITE_FULL:
            return "; make room on the disk";
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return "; check the permissions of the file, of its directory and of the mount";
        case SQLITE_CANTOPEN:
            return "; check that it is a file and that its directory may be written to";
        case SQLITE_IOERR:
            return "; check the disk and the system's log";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
            return "; the file was left as it is: repair it with sqlite3's .recover or move it away";
        case SQLITE_AUTH:
            return "; leave out BEGIN, COMMIT, SAVEPOINT and the like: it runs within a transaction";
        default:
            return "";
    }
}

}  // namespace

SqliteFailure classify(int code, std::string_view message) noexcept {
    switch (primary(code)) {
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG:
        case SQLITE_RANGE:
            return SqliteFailure::row;
        case SQLITE_SCHEMA:
            return SqliteFailure::schema;
        case SQLITE_ERROR:
            return tells_of_another_schema(message) ? SqliteFailure::schema : SqliteFailure::row;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
        case SQLITE_AUTH:
        case SQLITE_MISUSE:
            return SqliteFailure::fatal;
        case SQLITE_INTERRUPT:
            return SqliteFailure::stopped;
        default:
            return SqliteFailure::retry;
    }
}

void throw_sqlite_failure(int code, std::string_view message, std::string_view doing) {
    const SqliteFailure failure = classify(code, message);
    std::string text("cannot ");
    text.append(doing).append(": ").append(message).append(advice(code));
    switch (failure) {
        case SqliteFailure::fatal:
            throw Fatal(text);
        case SqliteFailure::row:
            throw RowError(text);
        case SqliteFailure::schema:
            throw SchemaChanged(text);
        case SqliteFailure::stopped:
            throw Stopped();
        case SqliteFailure::retry:
            break;
    }
    throw Retry(text);
}

}  // namespace heliograph::sql
