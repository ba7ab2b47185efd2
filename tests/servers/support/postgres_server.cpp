#include "tests/servers/support/postgres_server.hpp"

#include <libpq-fe.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace heliograph::testing {
namespace {

constexpr const char* kSuperuser = "postgres";

/// The folder of the programs of the newest version, which Debian keeps out of PATH.
std::filesystem::path program_folder() {
    std::vector<std::filesystem::path> folders;
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
        folders.push_back(version.path() / "bin");
    }
    std::sort(folders.rbegin(), folders.rend());
    return find_program("initdb", "postgresql", folders).parent_path();
}

std::string literal(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? "''" : std::string(1, c);
    }
    return quoted + "'";
}

}  // namespace

void PostgresSession::Closer::operator()(void* connection) const noexcept {
    ::PQfinish(static_cast<::PGconn*>(connection));
}

PostgresSession::PostgresSession(const std::string& connection)
    : connection_(::PQconnectdb(connection.c_str())) {
    auto* const made = static_cast<::PGconn*>(connection_.get());
    if (::PQstatus(made) != CONNECTION_OK) {
        throw std::runtime_error(::PQerrorMessage(made));
    }
}

Rows PostgresSession::query(const std::string& sql) {
    const std::unique_ptr<::PGresult, decltype(&::PQclear)> result(
        ::PQexec(static_cast<::PGconn*>(connection_.get()), sql.c_str()), &::PQclear);
    const ::ExecStatusType status = ::PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
        const char* const state = ::PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        throw std::runtime_error(std::string(state == nullptr ? "no SQLSTATE" : state) + " " +
                                 ::PQerrorMessage(static_cast<::PGconn*>(connection_.get())));
    }
    Rows rows(static_cast<std::size_t>(::PQntuples(result.get())));
    for (int row = 0; row < ::PQntuples(result.get()); ++row) {
        for (int column = 0; column < ::PQnfields(result.get()); ++column) {
            rows[static_cast<std::size_t>(row)].push_back(::PQgetisnull(result.get(), row, column) != 0
                                                              ? "NULL"
                                                              : ::PQgetvalue(result.get(), row, column));
        }
    }
    return rows;
}

PostgresServer::PostgresServer() : Server("PostgreSQL"), programs_(program_folder()) {
    static_cast<void>(make_folder("data"));
    run({(programs_ / "initdb").string(), "-D", data().string(), "-U", kSuperuser, "-A", "trust", "-E",
         "UTF8", "--locale=C", "--no-sync"});
    {
        std::ofstream access(data() / "pg_hba.conf");
        access << "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    }
    start_first();
    add_user(kUser, kPassword);
    query("CREATE DATABASE " + std::string(kDatabase) + " OWNER " + kUser, kSuperuser);
}

PostgresServer::~PostgresServer() {
    end();
}

std::string PostgresServer::url(std::string_view database) const {
    return "postgresql://" + host() + ":" + std::to_string(port()) + "/" + std::string(database);
}

Rows PostgresServer::query(const std::string& sql, std::string_view database) {
    return session(database).query(sql);
}

std::string PostgresServer::value(const std::string& sql) {
    return query(sql).at(0).at(0);
}

void PostgresServer::add_user(std::string_view name, std::string_view password) {
    query("CREATE ROLE \"" + std::string(name) + "\" LOGIN PASSWORD " + literal(password), kSuperuser);
}

PostgresSession PostgresServer::session(std::string_view database) const {
    return PostgresSession("host=" + folder().string() + " port=" + std::to_string(port()) + " user=" +
                           kSuperuser + " dbname=" + std::string(database) + " connect_timeout=20");
}

std::vector<std::string> PostgresServer::command() const {
    std::vector<std::string> command{(programs_ / "postgres").string(),
                                     "-D",
                                     data().string(),
                                     "-p",
                                     std::to_string(port()),
                                     "-k",
                                     folder().string()};
    for (const char* setting : {"listen_addresses=127.0.0.1", "fsync=off", "max_wal_size=128MB",
                                "shared_buffers=64MB", "timezone=Asia/Kolkata"}) {
        command.insert(command.end(), {"-c", setting});
    }
    return command;
}

bool PostgresServer::is_ready() {
    try {
        query("SELECT 1", kSuperuser);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

int PostgresServer::stop_signal() const {
    return SIGINT;
}

int PostgresServer::quick_stop_signal() const {
    return SIGQUIT;
}

}  // namespace heliograph::testing
