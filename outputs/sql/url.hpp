// Reads the url option: which engine, and where its database is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace heliograph::sql {

/// Where a SQLite database lies: a path as the operating system takes it, or ":memory:".
struct SqliteLocation {
    static constexpr std::string_view kMemory = ":memory:";

    std::string path;

    [[nodiscard]] bool in_memory() const { return path == kMemory; }
};

/// Where a database server is and what to ask it for. Empty texts and 0 leave the choice to the client
/// library or to the options.
struct ServerLocation {
    enum class Product { postgresql, mariadb };

    Product product = Product::postgresql;
    std::string host;  ///< name, address, or the folder of a Unix socket (PostgreSQL), its path (MariaDB)
    std::uint16_t port = 0;
    std::string database;
    std::string user;
    std::string password;  ///< secret
};

/// What is wrong with a URL and what to write instead. Holds nothing of the URL but its scheme, since the
/// rest may contain a password.
struct UrlProblem {
    std::string message;
    std::string hint;
};

/// `sqlite:///absolute/path`, `sqlite://relative/path` or `sqlite::memory:`, whose path is taken as it is
/// written: nothing in it is percent-decoded. `postgresql://user:password@host:port/database` (also
/// `postgres`) and `mariadb://…` (also `mysql`), whose parts are all optional and percent-decoded. A Unix
/// socket is given as `postgresql:///database?host=/run/postgresql`, or as a percent-encoded host.
/// [any thread]
[[nodiscard]] std::variant<SqliteLocation, ServerLocation, UrlProblem> parse_url(std::string_view url);

}  // namespace heliograph::sql
