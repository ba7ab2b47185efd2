// What each error of MariaDB means for the metrics at hand, and the exception and text that say so.
#pragma once

#include <string>
#include <string_view>

namespace heliograph::sql {

/// How an error is answered.
enum class MariadbFailure {
    retry,   ///< the server is away, busy or full: nothing is lost, try later
    fatal,   ///< a person must act first
    row,     ///< this row, or this change of the schema, is refused for good
    schema,  ///< the catalog is not what it was thought to be
    right,   ///< this user may not do it
};

/// An error as the server or the client library gives it.
struct MariadbError {
    unsigned number;
    std::string_view state;  ///< SQLSTATE
    std::string_view message;
};

/// What the statement was for: a missing right is another matter when the schema could not be changed.
enum class MariadbWork { data, schema };

/// [any thread]
[[nodiscard]] MariadbFailure classify(const MariadbError& error) noexcept;

/// Whether the connection cannot be used after this error. [any thread]
[[nodiscard]] bool ends_connection(unsigned number) noexcept;

/// "cannot <doing>: <message> (error 1045); <what to do>". [any thread]
[[nodiscard]] std::string describe(const MariadbError& error, std::string_view doing);

/// Throws Retry, Fatal, RowError, SchemaChanged or MissingRight; `right` is Fatal when it was for data.
[[noreturn]] void throw_mariadb_failure(const MariadbError& error, std::string_view doing, MariadbWork work);

}  // namespace heliograph::sql
