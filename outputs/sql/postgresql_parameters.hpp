// What libpq is told of a server before it connects.
#pragma once

#include "outputs/sql/options.hpp"
#include "outputs/sql/url.hpp"

#include <string>
#include <utility>
#include <vector>

namespace heliograph::sql {

/// Keywords and values, the password among them: not for logs. What is not set is left to libpq, which looks
/// into its own environment. Source: PostgreSQL, "Parameter Key Words".
[[nodiscard]] std::vector<std::pair<std::string, std::string>> connection_parameters(
    const ServerLocation& location, const Options& options);

/// The server for people, without the password: `postgresql://user@host:5432/database`.
[[nodiscard]] std::string describe(const ServerLocation& location);

}  // namespace heliograph::sql
