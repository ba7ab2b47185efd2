// Reads the url option: which engine, and where its database is.
#pragma once

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

/// What is wrong with a URL and what to write instead. Holds nothing of the URL but its scheme, since the
/// rest may contain a password.
struct UrlProblem {
    std::string message;
    std::string hint;
};

/// `sqlite:///absolute/path`, `sqlite://relative/path` or `sqlite::memory:`. A path is taken as it is
/// written: nothing in it is percent-decoded. [any thread]
[[nodiscard]] std::variant<SqliteLocation, UrlProblem> parse_url(std::string_view url);

}  // namespace heliograph::sql
