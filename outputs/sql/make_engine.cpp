#include "outputs/sql/make_engine.hpp"

#include "outputs/sql/sqlite_engine.hpp"
#include "outputs/sql/url.hpp"

#include <heliograph/errors.hpp>

#include <variant>

namespace heliograph::sql {

std::unique_ptr<Engine> make_engine(const Options& options, const Host& host) {
    const auto location = parse_url(options.url);
    if (const auto* problem = std::get_if<UrlProblem>(&location)) {
        throw Fatal(problem->message + "; " + problem->hint);
    }
    return std::make_unique<SqliteEngine>(std::get<SqliteLocation>(location), options, host);
}

}  // namespace heliograph::sql
