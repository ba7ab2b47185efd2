// One connection to a MariaDB server whose every wait has a deadline and can be interrupted.
#pragma once

#include "outputs/sql/mariadb_error.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/url.hpp"
#include "outputs/sql/value.hpp"

#include <mysql.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::sql {

struct CloseMariadbStatement {
    void operator()(MYSQL_STMT* statement) const noexcept { mysql_stmt_close(statement); }
};
/// May outlive its connection, and is then of no use.
using MariadbStatement = std::unique_ptr<MYSQL_STMT, CloseMariadbStatement>;

/// Owns the handle. Failures are thrown as throw_mariadb_failure says, Stopped after an interrupt.
/// [own strand], interrupt excepted
class MariadbConnection {
public:
    struct Settings {
        ServerLocation location;
        Tls tls;
        std::string tls_ca_file;
        std::string tls_certificate_file;
        std::string tls_key_file;
        std::chrono::milliseconds connect_timeout;
        std::chrono::milliseconds statement_timeout;
    };
    /// An error that the data of a row caused.
    struct RowFailure {
        std::size_t row;  ///< which one, from 1; 0: the server did not say
        std::string reason;
    };
    /// A row of a select; no value is NULL.
    using Row = std::vector<std::optional<std::string>>;

    /// Throws std::system_error when the system has no file descriptors left.
    explicit MariadbConnection(Settings settings);
    MariadbConnection(const MariadbConnection&) = delete;
    MariadbConnection& operator=(const MariadbConnection&) = delete;
    ~MariadbConnection();

    /// Connects, logs in and sets the session up.
    void open();
    /// Safe without open and twice.
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr && !broken_; }
    /// Asks the server whether it is still there.
    [[nodiscard]] bool answers() noexcept;

    /// Makes the running call throw Stopped, and those after it until clear_interrupt. [any thread]
    void interrupt() noexcept;
    void clear_interrupt() noexcept;

    /// MariaDB itself rather than MySQL.
    [[nodiscard]] bool is_mariadb() const noexcept;
    /// Whether it takes many rows for one prepared statement.
    [[nodiscard]] bool takes_arrays() const noexcept;
    [[nodiscard]] std::size_t max_packet() const noexcept { return max_packet_; }
    [[nodiscard]] bool lower_case_tables() const noexcept { return lower_case_tables_; }
    [[nodiscard]] std::chrono::milliseconds statement_timeout() const noexcept {
        return settings_.statement_timeout;
    }
    /// "the server at db:3306, database 'solar'".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    void execute(std::string_view sql, std::string_view doing, MariadbWork work = MariadbWork::data);
    /// A change of the schema that may copy a table: it may take far longer than other statements.
    void execute_long(std::string_view sql, std::string_view doing);
    /// One statement or more.
    void execute_script(std::string_view sql, std::string_view doing);
    /// The columns of a query without rows, as the engine numbers their types: see engine_type.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint32_t>> describe_columns(std::string_view sql,
                                                                                      std::string_view doing);
    [[nodiscard]] std::vector<Row> select(std::string_view sql, std::span<const Value> parameters,
                                          std::string_view doing);
    /// Returns how many rows it changed.
    std::size_t change(std::string_view sql, std::span<const Value> parameters, std::string_view doing);

    [[nodiscard]] MariadbStatement prepare(std::string_view sql, std::string_view doing);
    /// Runs a prepared statement whose parameters are bound. Returns nothing, or what is wrong if it is wrong
    /// with one of the rows.
    [[nodiscard]] std::optional<RowFailure> insert_rows(MYSQL_STMT* statement, std::string_view doing);

private:
    struct CloseHandle {
        void operator()(MYSQL* handle) const noexcept { mysql_close(handle); }
    };
    /// While it lives the library's waits are those of this connection, and end at the deadline.
    class Call {
    public:
        Call(MariadbConnection& connection, std::chrono::milliseconds limit) noexcept;
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
        ~Call();

    private:
        MariadbConnection* outer_;
    };
    // A change of the schema may copy a table.
    static constexpr std::chrono::hours kLongLimit{1};

    [[nodiscard]] std::chrono::milliseconds statement_limit() const noexcept;
    void connect(std::string_view doing);
    void set_options();
    void require_tls(std::string_view doing) const;
    void set_up_session();
    void query(std::string_view sql, std::string_view doing, MariadbWork work);
    void run(MYSQL_STMT* statement, std::span<const Value> parameters, std::string_view doing);
    [[noreturn]] void fail(std::string_view doing, MariadbWork work);
    [[noreturn]] void fail(MYSQL_STMT* statement, std::string_view doing, MariadbWork work);
    [[noreturn]] void fail(const MariadbError& error, std::string_view doing, MariadbWork work);
    int wait(int socket, bool to_read, int limit) noexcept;
    static int wait_for_socket(my_socket socket, my_bool to_read, int limit) noexcept;

    Settings settings_;
    std::string name_;
    std::unique_ptr<MYSQL, CloseHandle> handle_;
    std::chrono::steady_clock::time_point deadline_{};
    std::size_t max_packet_ = 0;
    bool lower_case_tables_ = false;
    bool broken_ = false;
    bool connected_ = false;
    bool is_new_ = false;  // its socket has not been waited for yet
    std::atomic<bool> interrupted_{false};
    int interrupt_event_;  // readable while interrupted
};

/// The type of a column as the server describes it, with what matters to a value of it.
[[nodiscard]] std::uint32_t engine_type(const MYSQL_FIELD& field) noexcept;

}  // namespace heliograph::sql
