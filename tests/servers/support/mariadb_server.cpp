#include "tests/servers/support/mariadb_server.hpp"

#include <mysql.h>
#include <signal.h>

#include <stdexcept>
#include <utility>

namespace heliograph::testing {
namespace {

constexpr unsigned kTimeoutSeconds = 60;

std::string literal(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return quoted + "'";
}

[[noreturn]] void fail(::MYSQL* connection) {
    throw std::runtime_error(std::to_string(::mysql_errno(connection)) + " " + ::mysql_error(connection));
}

}  // namespace

void MariadbSession::Closer::operator()(void* connection) const noexcept {
    ::mysql_close(static_cast<::MYSQL*>(connection));
}

MariadbSession::MariadbSession(const std::filesystem::path& socket, const std::string& user,
                               const std::string& database)
    : connection_(::mysql_init(nullptr)) {
    auto* const made = static_cast<::MYSQL*>(connection_.get());
    ::mysql_optionsv(made, MYSQL_OPT_CONNECT_TIMEOUT, &kTimeoutSeconds);
    ::mysql_optionsv(made, MYSQL_OPT_READ_TIMEOUT, &kTimeoutSeconds);
    ::mysql_optionsv(made, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (::mysql_real_connect(made, nullptr, user.c_str(), nullptr,
                             database.empty() ? nullptr : database.c_str(), 0, socket.c_str(),
                             0) == nullptr) {
        fail(made);
    }
}

Rows MariadbSession::query(const std::string& sql) {
    auto* const connection = static_cast<::MYSQL*>(connection_.get());
    if (::mysql_real_query(connection, sql.data(), sql.size()) != 0) {
        fail(connection);
    }
    const std::unique_ptr<::MYSQL_RES, decltype(&::mysql_free_result)> result(
        ::mysql_store_result(connection), &::mysql_free_result);
    if (!result) {
        if (::mysql_field_count(connection) != 0) {
            fail(connection);
        }
        return {};
    }
    Rows rows;
    const unsigned columns = ::mysql_num_fields(result.get());
    while (const ::MYSQL_ROW row = ::mysql_fetch_row(result.get())) {
        const unsigned long* const lengths = ::mysql_fetch_lengths(result.get());
        auto& texts = rows.emplace_back();
        for (unsigned column = 0; column < columns; ++column) {
            texts.push_back(row[column] == nullptr ? "NULL" : std::string(row[column], lengths[column]));
        }
    }
    return rows;
}

MariadbServer::MariadbServer(std::vector<std::string> options)
    : Server("MariaDB"),
      options_(std::move(options)),
      program_(find_program("mariadbd", "mariadb-server", {"/usr/sbin", "/usr/libexec"})) {
    run({find_program("mariadb-install-db", "mariadb-server").string(), "--no-defaults",
         "--datadir=" + data().string(), "--auth-root-authentication-method=normal", "--skip-test-db",
         "--skip-name-resolve", "--innodb-log-file-size=16M"});
    start_first();
    query("CREATE DATABASE " + std::string(kDatabase), "");
    add_user(kUser, kPassword);
    query("GRANT ALL ON " + std::string(kDatabase) + ".* TO " + kUser);
}

MariadbServer::~MariadbServer() {
    end();
}

std::string MariadbServer::url(std::string_view database) const {
    return "mariadb://" + host() + ":" + std::to_string(port()) + "/" + std::string(database);
}

Rows MariadbServer::query(const std::string& sql, std::string_view database) {
    return session(database).query(sql);
}

std::string MariadbServer::value(const std::string& sql) {
    return query(sql).at(0).at(0);
}

void MariadbServer::add_user(std::string_view name, std::string_view password) {
    query("CREATE USER " + literal(name) + "@'%' IDENTIFIED BY " + literal(password), "");
}

MariadbSession MariadbServer::session(std::string_view database) const {
    return MariadbSession(socket(), "root", std::string(database));
}

std::vector<std::string> MariadbServer::command() const {
    // Without native asynchronous I/O every write goes through the functions that fill_disk replaces.
    std::vector<std::string> command{program_.string(),
                                     "--no-defaults",
                                     "--datadir=" + data().string(),
                                     "--socket=" + socket().string(),
                                     "--pid-file=" + (folder() / "pid").string(),
                                     "--bind-address=127.0.0.1",
                                     "--port=" + std::to_string(port()),
                                     "--skip-log-bin",
                                     "--skip-name-resolve",
                                     "--innodb-use-native-aio=0",
                                     "--innodb-flush-log-at-trx-commit=2",
                                     "--innodb-log-file-size=16M",
                                     "--innodb-buffer-pool-size=64M",
                                     "--default-time-zone=+05:30"};
    command.insert(command.end(), options_.begin(), options_.end());
    return command;
}

bool MariadbServer::is_ready() {
    try {
        query("SELECT 1", "");
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

int MariadbServer::stop_signal() const {
    return SIGTERM;
}

int MariadbServer::quick_stop_signal() const {
    return SIGKILL;
}

}  // namespace heliograph::testing
