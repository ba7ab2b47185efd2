#include "outputs/sql/make_engine.hpp"

#include "outputs/sql/mariadb_engine.hpp"
#include "outputs/sql/postgresql_engine.hpp"
#include "outputs/sql/sqlite_engine.hpp"
#include "outputs/sql/url.hpp"

#include <heliograph/errors.hpp>

#include <utility>
#include <variant>

namespace heliograph::sql {
namespace {

std::unique_ptr<Engine> make_server_engine(ServerLocation location, const Options& options,
                                           const Host& host) {
    if (location.user.empty()) {
        location.user = options.user;
    }
    if (location.password.empty()) {
        location.password = options.password.value;
    }
    switch (location.product) {
        case ServerLocation::Product::postgresql:
            return std::make_unique<PostgresqlEngine>(location, options, host);
        case ServerLocation::Product::mariadb:
            break;
    }
    return std::make_unique<MariadbEngine>(std::move(location), options, host);
}

}  // namespace

std::unique_ptr<Engine> make_engine(const Options& options, const Host& host) {
    auto location = parse_url(options.url);
    if (const auto* problem = std::get_if<UrlProblem>(&location)) {
        throw Fatal(problem->message + "; " + problem->hint);
    }
    if (auto* server = std::get_if<ServerLocation>(&location)) {
        return make_server_engine(std::move(*server), options, host);
    }
    return std::make_unique<SqliteEngine>(std::get<SqliteLocation>(std::move(location)), options, host);
}

TimeFormat time_format_of(const Options& options) {
    if (options.time_format != TimeFormat::automatic) {
        return options.time_format;
    }
    return std::holds_alternative<ServerLocation>(parse_url(options.url)) ? TimeFormat::timestamp
                                                                          : TimeFormat::nanoseconds;
}

}  // namespace heliograph::sql
