#include "outputs/sql/check.hpp"

#include "outputs/sql/url.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace heliograph::sql {
namespace {

void check_sqlite(const Options& options, Problems& problems) {
    if (options.time_format == TimeFormat::timestamp) {
        problems.report("time_format", "SQLite has no type for a moment",
                        "use \"ns\", \"ms\" or \"text\", or leave the option out");
    }
}

void check_login(const ServerLocation& location, const Options& options, Problems& problems) {
    if (!location.user.empty() && !options.user.empty() && location.user != options.user) {
        problems.report("user", "the URL names another user", "leave one of them out");
    }
    if (!location.password.empty() && !options.password.empty() &&
        location.password != options.password.value) {
        problems.report("password", "the URL has another password", "take it out of the URL");
    }
    if (location.user.empty() && options.user.empty() &&
        (!location.password.empty() || !options.password.empty())) {
        problems.report("password", "there is a password but no user", "set the option user");
    }
}

void check_tls(const Options& options, Problems& problems) {
    if (!options.tls_ca_file.empty() && options.tls != Tls::verify) {
        problems.report("tls_ca_file", "it has no effect, since the server's certificate is not verified",
                        "set tls = \"verify\"");
    }
    if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
        problems.report(options.tls_key_file.empty() ? "tls_certificate_file" : "tls_key_file",
                        "a certificate needs its key, and a key its certificate",
                        "set both tls_certificate_file and tls_key_file, or neither");
    }
    if (!options.tls_certificate_file.empty() && options.tls == Tls::off) {
        problems.report("tls_certificate_file", "it has no effect with tls = \"off\"",
                        "set tls to \"verify\", or leave the certificate out");
    }
}

void check_templates(const Options& options, Problems& problems) {
    for (const std::string_view placeholder : {"{table}", "{columns}"}) {
        if (!options.create_table.empty() && options.create_table.find(placeholder) == std::string::npos) {
            problems.report("create_table", "it does not contain " + std::string(placeholder),
                            "write it as in CREATE TABLE {table} ({columns}, PRIMARY KEY ({key}))");
        }
    }
    for (const auto& [tables, script] : options.after_create) {
        if (script.find_first_not_of(" \t\r\n;") == std::string::npos) {
            problems.report_at("after_create", tables, "there is no SQL",
                               "write what to run, or leave it out");
        }
    }
}

}  // namespace

void check_options(const Options& options, Problems& problems) {
    const auto location = parse_url(options.url);
    if (const auto* problem = std::get_if<UrlProblem>(&location)) {
        problems.report("url", problem->message, problem->hint);
        return;
    }
    const auto* const server = std::get_if<ServerLocation>(&location);
    if (server == nullptr) {
        check_sqlite(options, problems);
    } else {
        check_login(*server, options, problems);
        check_tls(options, problems);
        if (server->product == ServerLocation::Product::mariadb && server->database.empty()) {
            problems.report("url", "the URL names no database", "write mariadb://host/database");
        }
    }
    const bool has_jsonb = server != nullptr && server->product == ServerLocation::Product::postgresql;
    if (options.layout == Layout::jsonb && !has_jsonb) {
        problems.report("layout", "only PostgreSQL has the type jsonb", "use layout = \"columns\"");
    }
    check_templates(options, problems);
}

}  // namespace heliograph::sql
