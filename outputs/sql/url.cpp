#include "outputs/sql/url.hpp"

#include <algorithm>

namespace heliograph::sql {
namespace {

constexpr std::string_view kForms = "sqlite:///absolute/path.db, sqlite://relative.db or sqlite::memory:";

bool is_scheme(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

UrlProblem problem(std::string message) {
    return {std::move(message), "write " + std::string(kForms)};
}

}  // namespace

std::variant<SqliteLocation, ServerLocation, UrlProblem> parse_url(std::string_view url) {
    const std::size_t colon = url.find(':');
    const std::string_view scheme = url.substr(0, colon == std::string_view::npos ? 0 : colon);
    if (!is_scheme(scheme)) {
        return problem("the URL does not begin with the name of a database engine");
    }
    if (scheme != "sqlite") {
        return problem("\"" + std::string(scheme) +
                       "\" is not a database engine that is known here; known: sqlite");
    }
    const std::string_view rest = url.substr(colon + 1);
    if (rest == SqliteLocation::kMemory) {
        return SqliteLocation{std::string(rest)};
    }
    constexpr std::string_view kSlashes = "//";
    if (rest.substr(0, kSlashes.size()) != kSlashes) {
        return problem("two slashes are missing after \"sqlite:\"");
    }
    const std::string_view path = rest.substr(kSlashes.size());
    if (path.empty() || path.back() == '/') {
        return problem("the URL names no file");
    }
    if (path == SqliteLocation::kMemory) {
        return problem("a database in memory has no slashes in its URL");
    }
    if (path.find('\0') != std::string_view::npos) {
        return problem("the path contains a NUL character");
    }
    if (path.find('?') != std::string_view::npos) {
        return UrlProblem{"the URL contains a \"?\"", "give parameters as options of this output instead"};
    }
    return SqliteLocation{std::string(path)};
}

}  // namespace heliograph::sql
