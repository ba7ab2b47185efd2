// What the errors of PostgreSQL mean for the rows that were being written, and what a person can do.
#pragma once

#include "outputs/sql/engine.hpp"

#include <heliograph/errors.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace heliograph::sql {

/// Who can put a failure right.
enum class PostgresqlFailure {
    retry,   ///< time: the server is away, busy or full
    fatal,   ///< a person: user, password, database, certificate
    row,     ///< nobody: the row, or the change of the schema, is refused for good
    schema,  ///< a fresh look at the catalog
    right,   ///< a person: the user may not do that
};

/// What came back instead of a result.
struct PostgresqlReport {
    bool connection_lost = false;
    std::string code;        ///< SQLSTATE; empty when there is none
    std::string message;     ///< the server's own, or the client library's
    std::string detail;      ///< of the server
    std::string context;     ///< of the server
    std::string schema;      ///< that the object at fault is in
    std::string constraint;  ///< that was violated
};

/// A row, or several of which one is at fault, that the server refuses for good.
class RefusedByServer final : public RowError {
public:
    RefusedByServer(const std::string& what, std::size_t line) : RowError(what), line_(line) {}
    /// Which of the rows of a COPY it is, from 1; 0 when the server did not say.
    [[nodiscard]] std::size_t line() const noexcept { return line_; }

private:
    std::size_t line_;
};

/// The server has no such feature for an object that is made as this one is.
class NotSupported final : public Fatal {
public:
    using Fatal::Fatal;
};

/// Source: PostgreSQL, "Appendix A: PostgreSQL Error Codes". [any thread]
[[nodiscard]] PostgresqlFailure classify(const PostgresqlReport& report) noexcept;

/// Throws what the failure calls for: Retry, Fatal (NotSupported among them), RefusedByServer, SchemaChanged
/// or MissingRight. `doing` completes "cannot …".
[[noreturn]] void throw_postgresql_failure(const PostgresqlReport& report, std::string_view doing);

/// Throws for a connection that could not be made: Retry or Fatal. `target` is what was tried, such as
/// `postgresql://user@host:5432/database`; `message` what the client library said, SQLSTATE included when it
/// was asked to be verbose.
[[noreturn]] void throw_connect_failure(std::string_view target, std::string_view message);

/// What a failed connection attempt reports: the last code in the library's verbose words, and the words
/// without codes and places in source files. [any thread]
[[nodiscard]] PostgresqlReport read_connect_message(std::string_view message);

/// The row, from 1, that the context of an error names: "COPY t, line 2, column c". 0 when it names none.
/// [any thread]
[[nodiscard]] std::size_t copy_line(std::string_view context) noexcept;

}  // namespace heliograph::sql
