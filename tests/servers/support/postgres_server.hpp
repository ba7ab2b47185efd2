// A real PostgreSQL server for a test.
#pragma once

#include "tests/servers/support/server.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace heliograph::testing {

/// A connection of a test's own to PostgreSQL, for what must last over several statements. [one thread]
class PostgresSession {
public:
    /// `connection` is a connection string of libpq. Throws std::runtime_error with the server's message.
    explicit PostgresSession(const std::string& connection);
    PostgresSession(PostgresSession&&) noexcept = default;

    /// Runs one or more statements; the rows of the last. Throws std::runtime_error with the SQLSTATE and the
    /// server's message.
    Rows query(const std::string& sql);

private:
    struct Closer {
        void operator()(void* connection) const noexcept;
    };
    std::unique_ptr<void, Closer> connection_;
};

/// Has the database `heliograph`, owned by the user of that name, who logs in over TCP with a password; its
/// superuser `postgres` comes in over the Unix socket only. Does not wait for the disk.
class PostgresServer final : public Server {
public:
    static constexpr const char* kUser = "heliograph";
    static constexpr const char* kPassword = "sun & moon";
    static constexpr const char* kDatabase = "heliograph";

    PostgresServer();
    ~PostgresServer() override;

    /// Without user and password, which are options of the output.
    [[nodiscard]] std::string url(std::string_view database = kDatabase) const;

    /// As the superuser, in a new connection.
    Rows query(const std::string& sql, std::string_view database = kDatabase);
    /// The only value of the only row.
    std::string value(const std::string& sql);
    /// A further user who may log in over TCP, without any right.
    void add_user(std::string_view name, std::string_view password);
    /// A superuser's session.
    [[nodiscard]] PostgresSession session(std::string_view database = kDatabase) const;

private:
    [[nodiscard]] std::vector<std::string> command() const override;
    [[nodiscard]] bool is_ready() override;
    [[nodiscard]] int stop_signal() const override;
    [[nodiscard]] int quick_stop_signal() const override;

    std::filesystem::path programs_;
};

}  // namespace heliograph::testing
