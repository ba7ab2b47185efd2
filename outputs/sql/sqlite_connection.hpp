// One connection to a SQLite database, set up for a single writer of batches.
#pragma once

#include "outputs/sql/options.hpp"
#include "outputs/sql/url.hpp"

#include <heliograph/host.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace heliograph::sql {

struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const noexcept;
};
using SqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// Owns the handle. Failures are thrown as throw_sqlite_failure says. [own strand], interrupt excepted
class SqliteConnection {
public:
    SqliteConnection(SqliteLocation location, Synchronous synchronous, std::chrono::milliseconds busy_timeout,
                     Host host);
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;
    ~SqliteConnection() { close(); }

    /// Opens the file, making it and the last level of its directory when they are missing.
    void open();
    /// Safe without open and twice.
    void close() noexcept;

    /// Makes the running call throw Stopped, also while it waits for a lock. [any thread]
    void interrupt() noexcept;
    /// Begins work that an earlier interrupt no longer concerns.
    void clear_interrupt() noexcept { interrupted_ = false; }
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_.load(std::memory_order_relaxed); }

    [[nodiscard]] SqliteStatement prepare(std::string_view sql, std::string_view doing);
    /// Runs one step; true when there is a row to read.
    bool step(sqlite3_stmt* statement, std::string_view doing);
    void execute(std::string_view sql, std::string_view doing);
    /// Runs one or more statements that a person wrote; none of them may begin or end a transaction.
    void execute_script(std::string_view sql, std::string_view doing);
    /// Rows that the last insert, update or delete changed.
    [[nodiscard]] std::size_t changed_rows() const noexcept;

    [[nodiscard]] bool in_transaction() const noexcept;
    /// Whether the file that is open no longer bears its name: it was deleted or replaced.
    [[nodiscard]] bool file_is_gone() const noexcept;
    [[nodiscard]] std::size_t max_columns() const noexcept;

    /// Throws what the last failed call on this connection calls for.
    [[noreturn]] void fail(std::string_view doing) const;

private:
    void ensure_directory() const;
    void set_up();
    void choose_journal();
    static int wait_for_lock(void* self, int waits) noexcept;

    SqliteLocation location_;
    Synchronous synchronous_;
    std::chrono::milliseconds busy_timeout_;
    Host host_;
    std::string opening_;  // "open database '…'", for errors
    std::chrono::milliseconds waited_{};
    std::atomic<bool> interrupted_{false};
    std::mutex handle_mutex_;  // interrupt must not meet a handle that is being closed
    sqlite3* handle_ = nullptr;
};

}  // namespace heliograph::sql
