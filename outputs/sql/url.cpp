#include "outputs/sql/url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace heliograph::sql {
namespace {

constexpr std::string_view kSqliteForms =
    "sqlite:///absolute/path.db, sqlite://relative.db or sqlite::memory:";
constexpr std::string_view kSchemes = "sqlite, postgresql, mariadb";
constexpr std::string_view kSlashes = "//";

bool is_scheme(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

UrlProblem sqlite_problem(std::string message) {
    return {std::move(message), "write " + std::string(kSqliteForms)};
}

std::variant<SqliteLocation, ServerLocation, UrlProblem> parse_sqlite(std::string_view rest) {
    if (rest == SqliteLocation::kMemory) {
        return SqliteLocation{std::string(rest)};
    }
    if (!rest.starts_with(kSlashes)) {
        return sqlite_problem("two slashes are missing after \"sqlite:\"");
    }
    const std::string_view path = rest.substr(kSlashes.size());
    if (path.empty() || path.back() == '/') {
        return sqlite_problem("the URL names no file");
    }
    if (path == SqliteLocation::kMemory) {
        return sqlite_problem("a database in memory has no slashes in its URL");
    }
    if (path.find('\0') != std::string_view::npos) {
        return sqlite_problem("the path contains a NUL character");
    }
    if (path.find('?') != std::string_view::npos) {
        return UrlProblem{"the URL contains a \"?\"", "give parameters as options of this output instead"};
    }
    return SqliteLocation{std::string(path)};
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Splits `text` at a separator: what was before it is returned, what comes after is left in `text`.
std::string_view take_until(std::string_view& text, std::size_t at, std::size_t separator = 1) {
    const std::string_view before = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + separator);
    return before;
}

/// Reads what follows "postgresql:" or "mariadb:". Source of the form: RFC 3986, section 3.
class ServerUrl {
public:
    ServerUrl(ServerLocation::Product product, std::string_view scheme) : scheme_(scheme) {
        location_.product = product;
    }

    [[nodiscard]] std::variant<SqliteLocation, ServerLocation, UrlProblem> parse(std::string_view rest) {
        if (!rest.starts_with(kSlashes)) {
            return problem("two slashes are missing after \"" + scheme_ + ":\"");
        }
        rest.remove_prefix(kSlashes.size());
        if (rest.find('#') != std::string_view::npos) {
            return UrlProblem{"the URL contains a \"#\"",
                              "write %23 where it belongs to a name or a password"};
        }
        const std::size_t question = rest.find('?');
        std::string_view before = take_until(rest, question);
        read_authority(take_until(before, before.find('/')));
        if (before.find('/') != std::string_view::npos) {
            note(
                {"the database's name contains a \"/\"", "write %2F for each \"/\" in a name or a password"});
        }
        decode(before, "database", location_.database);
        read_query(rest);
        if (problem_) {
            return *std::move(problem_);
        }
        return std::move(location_);
    }

private:
    [[nodiscard]] UrlProblem problem(std::string message) const {
        return {std::move(message), "write " + scheme_ + "://user@host:port/database"};
    }
    /// The first problem counts.
    void note(UrlProblem found) {
        if (!problem_) {
            problem_ = std::move(found);
        }
    }

    void read_authority(std::string_view authority) {
        const std::size_t at = authority.rfind('@');
        if (at != std::string_view::npos) {
            std::string_view password = take_until(authority, at);
            decode(take_until(password, password.find(':')), "user", location_.user);
            decode(password, "password", location_.password);
        }
        std::string_view host;
        if (authority.starts_with('[')) {
            authority.remove_prefix(1);
            const std::size_t bracket = authority.find(']');
            if (bracket == std::string_view::npos) {
                note(problem("the \"]\" after the address is missing"));
                return;
            }
            host = take_until(authority, bracket);
            if (!authority.empty() && !authority.starts_with(':')) {
                note(problem("something other than a port follows the \"]\""));
                return;
            }
            authority.remove_prefix(authority.empty() ? 0 : 1);
        } else {
            host = take_until(authority, authority.find(':'));
            if (authority.find(':') != std::string_view::npos) {
                note({"the host contains more than one \":\"",
                      "put an IPv6 address into brackets, as in [::1]"});
                return;
            }
        }
        decode(host, "host", location_.host);
        read_port(authority);
    }

    void read_port(std::string_view digits) {
        if (digits.empty()) {
            return;
        }
        const char* end = digits.data() + digits.size();
        const auto [parsed, error] = std::from_chars(digits.data(), end, location_.port);
        if (error != std::errc() || parsed != end || location_.port == 0) {
            note({"the port is not a number from 1 to 65535",
                  "correct it; if it is part of a password, write %3A for \":\", %2F for \"/\" and %40 for "
                  "\"@\""});
        }
    }

    void read_query(std::string_view query) {
        while (!query.empty()) {
            std::string_view value = take_until(query, query.find('&'));
            if (take_until(value, value.find('=')) != "host") {
                note({"the URL has a parameter other than \"host\"",
                      "give parameters as options of this output instead"});
                return;
            }
            if (!location_.host.empty()) {
                note({"the URL names a host twice", "leave one out"});
                return;
            }
            decode(value, "host", location_.host);
        }
    }

    void decode(std::string_view text, std::string_view part, std::string& into) {
        into.clear();
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '%') {
                into += text[i];
                continue;
            }
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                note({"the " + std::string(part) + " contains a \"%\" without two hexadecimal digits",
                      "write %25 for \"%\""});
                return;
            }
            into += static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (into.find('\0') != std::string::npos) {
            note(problem("the " + std::string(part) + " contains a NUL character"));
        }
    }

    std::string scheme_;
    ServerLocation location_;
    std::optional<UrlProblem> problem_;
};

}  // namespace

std::variant<SqliteLocation, ServerLocation, UrlProblem> parse_url(std::string_view url) {
    const std::size_t colon = url.find(':');
    const std::string_view written = url.substr(0, colon == std::string_view::npos ? 0 : colon);
    const std::string scheme = lower_case(written);  // RFC 3986, section 3.1: its case does not matter
    const std::string_view rest = url.substr(scheme.empty() ? 0 : colon + 1);
    if (scheme == "sqlite") {
        return parse_sqlite(rest);
    }
    if (scheme == "postgresql" || scheme == "postgres") {
        return ServerUrl(ServerLocation::Product::postgresql, scheme).parse(rest);
    }
    if (scheme == "mariadb" || scheme == "mysql") {
        return ServerUrl(ServerLocation::Product::mariadb, scheme).parse(rest);
    }
    const std::string hint =
        "write sqlite:///absolute/path.db, postgresql://host/database or mariadb://host/database";
    if (!is_scheme(written)) {
        return UrlProblem{"the URL does not begin with the name of a database engine", hint};
    }
    return UrlProblem{
        "\"" + scheme + "\" is not a database engine that is known here; known: " + std::string(kSchemes),
        hint};
}

}  // namespace heliograph::sql
