#include "outputs/sql/postgresql_parameters.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>

namespace heliograph::sql {
namespace {

const char* ssl_mode(Tls tls) noexcept {
    switch (tls) {
        case Tls::off:
            return "disable";
        case Tls::prefer:
            break;
        case Tls::require:
            return "require";
        case Tls::verify:
            return "verify-full";
    }
    return "prefer";
}

/// The authorities that the system trusts: the client library has no word for them before version 16.
std::string system_authorities() {
    for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
        std::error_code ignored;
        if (std::filesystem::exists(path, ignored)) {
            return path;
        }
    }
    return {};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> connection_parameters(const ServerLocation& location,
                                                                       const Options& options) {
    // Data that the other side does not acknowledge for so long ends the connection.
    constexpr std::chrono::milliseconds kUnacknowledged = std::chrono::seconds{5};
    std::vector<std::pair<std::string, std::string>> parameters{
        {"sslmode", ssl_mode(options.tls)},
        {"gssencmode", "disable"},
        {"application_name", "heliograph"},
        {"client_encoding", "UTF8"},
        {"keepalives", "1"},
        {"keepalives_idle", "30"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", std::to_string((options.statement_timeout + kUnacknowledged).count())},
    };
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) {
            parameters.emplace_back(key, value);
        }
    };
    add("host", location.host);
    add("port", location.port == 0 ? "" : std::to_string(location.port));
    add("dbname", location.database);
    add("user", location.user);
    add("password", location.password);
    add("sslrootcert", options.tls_ca_file.empty() && options.tls == Tls::verify ? system_authorities()
                                                                                 : options.tls_ca_file);
    add("sslcert", options.tls_certificate_file);
    add("sslkey", options.tls_key_file);
    return parameters;
}

std::string describe(const ServerLocation& location) {
    std::string text = "postgresql://";
    text += location.user.empty() ? "" : location.user + "@";
    text += location.host.empty() ? "local socket" : location.host;
    text += location.port == 0 ? "" : ":" + std::to_string(location.port);
    return text + "/" + location.database;
}

}  // namespace heliograph::sql
