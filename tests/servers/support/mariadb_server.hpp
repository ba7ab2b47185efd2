// A real MariaDB server for a test.
#pragma once

#include "tests/servers/support/server.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::testing {

/// A connection of a test's own to MariaDB, for what must last over several statements. [one thread]
class MariadbSession {
public:
    /// Over a Unix socket, without a password. Throws std::runtime_error with the server's message.
    MariadbSession(const std::filesystem::path& socket, const std::string& user, const std::string& database);
    MariadbSession(MariadbSession&&) noexcept = default;

    /// Runs one statement and gives its rows. Throws std::runtime_error with the error's number and message.
    Rows query(const std::string& sql);

private:
    struct Closer {
        void operator()(void* connection) const noexcept;
    };
    std::unique_ptr<void, Closer> connection_;
};

/// Has the database `heliograph` and a user of that name who may do anything in it and logs in over TCP with
/// a password; `root` has none and comes in over the Unix socket only. Does not wait for the disk.
class MariadbServer final : public Server {
public:
    static constexpr const char* kUser = "heliograph";
    static constexpr const char* kPassword = "sun & moon";
    static constexpr const char* kDatabase = "heliograph";

    /// `options` are further ones of mariadbd's command line.
    explicit MariadbServer(std::vector<std::string> options = {});
    ~MariadbServer() override;

    /// Without user and password, which are options of the output.
    [[nodiscard]] std::string url(std::string_view database = kDatabase) const;

    /// As root, in a new connection.
    Rows query(const std::string& sql, std::string_view database = kDatabase);
    /// The only value of the only row.
    std::string value(const std::string& sql);
    /// A further user who may log in over TCP, without any right.
    void add_user(std::string_view name, std::string_view password);
    /// A session of root's.
    [[nodiscard]] MariadbSession session(std::string_view database = kDatabase) const;

private:
    [[nodiscard]] std::vector<std::string> command() const override;
    [[nodiscard]] bool is_ready() override;
    [[nodiscard]] int stop_signal() const override;
    [[nodiscard]] int quick_stop_signal() const override;
    [[nodiscard]] std::filesystem::path socket() const { return folder() / "s.sock"; }

    std::vector<std::string> options_;
    std::filesystem::path program_;
};

}  // namespace heliograph::testing
