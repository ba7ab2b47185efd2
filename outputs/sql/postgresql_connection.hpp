// One connection to a PostgreSQL server, in which every wait has an end and can be interrupted.
#pragma once

#include "outputs/sql/options.hpp"
#include "outputs/sql/postgresql_error.hpp"
#include "outputs/sql/url.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace heliograph::sql {

struct ClearResult {
    void operator()(pg_result* result) const noexcept;
};
using PostgresqlResult = std::unique_ptr<pg_result, ClearResult>;

/// The text in a field of a result; empty for NULL. Valid as long as the result.
[[nodiscard]] std::string_view field_text(const PostgresqlResult& result, int row, int column) noexcept;

/// A parameter of a query: a text, or the binary form of the type.
struct PostgresqlParameter {
    std::string_view value;
    std::uint32_t type = 0;  ///< the type's oid, for the binary form; 0: text, of the type that is wanted
};

/// Owns the handle. What the server answers is thrown as throw_postgresql_failure says; Stopped after an
/// interrupt. [own strand], interrupt excepted
class PostgresqlConnection {
public:
    PostgresqlConnection(const ServerLocation& location, const Options& options);
    PostgresqlConnection(const PostgresqlConnection&) = delete;
    PostgresqlConnection& operator=(const PostgresqlConnection&) = delete;
    ~PostgresqlConnection();

    /// Connects and sets the session up. Throws Retry, Fatal or Stopped.
    void open();
    /// Safe without open and twice.
    void close() noexcept;
    /// Makes the running call, or the next one, throw Stopped. [any thread]
    void interrupt() noexcept;
    /// Begins work that an earlier interrupt no longer concerns.
    void clear_interrupt() noexcept;
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_.load(std::memory_order_relaxed); }

    /// Whether the server has hung up, as far as this side was told. Waits for nothing.
    [[nodiscard]] bool is_broken() const noexcept;

    /// Runs one or more statements, of which none copies. Returns the last result.
    PostgresqlResult execute(const std::string& sql, std::string_view doing);
    /// Runs one statement with parameters $1, $2, ...
    PostgresqlResult query(const std::string& sql, std::span<const PostgresqlParameter> parameters,
                           std::string_view doing);
    /// Runs statements one of which is a COPY FROM STDIN and sends it the given data. Rows that come before
    /// the COPY are shown to `examine`; when that returns false the data is not sent and the statements end
    /// with an error. Returns false then.
    [[nodiscard]] bool copy(const std::string& sql,
                            const std::function<bool(const PostgresqlResult&)>& examine,
                            std::span<const std::string_view> data, std::string_view doing);
    /// Ends the transaction, if there is one. When something still runs in it, or the server does not answer
    /// within a second, that takes the connection with it: the server notices and rolls back.
    void rollback() noexcept;

    /// How long the server may take for a statement, from the next one on: for work that takes as long as a
    /// table is large.
    void set_patience(std::chrono::milliseconds patience) noexcept { patience_ = patience; }
    [[nodiscard]] std::chrono::milliseconds statement_timeout() const noexcept { return statement_timeout_; }

    /// What is connected to, such as `postgresql://user@host:5432/database`.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }

private:
    using Deadline = std::chrono::steady_clock::time_point;
    enum class Hears { interrupts, nothing };

    void connect();
    void set_up();
    void start(int sent, std::string_view doing);
    void wait(short events, Deadline deadline, std::string_view doing);
    void flush(std::string_view doing);
    PostgresqlResult next_result(std::string_view doing);
    PostgresqlResult last_result(std::string_view doing);
    void send_copy_data(std::string_view data, std::string_view doing);
    void end_copy(const char* error, std::string_view doing);
    [[nodiscard]] Deadline deadline() const noexcept;
    [[noreturn]] void fail(std::string_view doing) const;
    [[nodiscard]] PostgresqlReport report_of(const PostgresqlResult& result) const;

    std::vector<std::pair<std::string, std::string>> parameters_;  // with the password
    std::chrono::milliseconds connect_timeout_;
    std::chrono::milliseconds statement_timeout_;
    std::chrono::milliseconds patience_;
    Hears hears_ = Hears::interrupts;
    std::string target_;
    std::atomic<bool> interrupted_{false};
    int wake_ = -1;  // an eventfd that interrupt makes readable
    pg_conn* handle_ = nullptr;
};

}  // namespace heliograph::sql
