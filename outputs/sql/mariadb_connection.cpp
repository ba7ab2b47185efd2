#include "outputs/sql/mariadb_connection.hpp"

#include <heliograph/errors.hpp>

#include <errmsg.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace heliograph::sql {
namespace {

// The server's own limit should end a statement first, since it says what happened.
constexpr std::chrono::seconds kGrace{2};
// To say goodbye.
constexpr std::chrono::seconds kCloseLimit{1};
// A change of the schema may copy a table.
constexpr std::chrono::hours kLongLimit{1};
constexpr std::size_t kFewestBytes = 1024;  // what a server's max_allowed_packet is at least

// Whose call the client library waits for: its callback carries no context, and runs on the caller's thread.
thread_local MariadbConnection* waiting = nullptr;

/// Under TLS the library reads and writes without asking for its callback first; only a socket that never
/// blocks makes it wait there.
void never_block(int socket) noexcept {
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

/// The same for the time until never_block can be called.
void limit_blocking(int socket, std::chrono::milliseconds limit) noexcept {
    const auto whole = std::chrono::ceil<std::chrono::seconds>(limit).count();
    const ::timeval time{whole, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

unsigned seconds(std::chrono::milliseconds duration) noexcept {
    return static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

std::string text_of_seconds(std::chrono::milliseconds duration) {
    return std::to_string(seconds(duration));
}

bool is_path(const std::string& host) noexcept {
    return host.starts_with('/');
}

/// The number in "… at row 3", 0 without one. A value quoted in the message may hold such words as well, but
/// not at its end.
std::size_t row_of(std::string_view message) noexcept {
    constexpr std::string_view kSign = " at row ";
    const std::size_t sign = message.rfind(kSign);
    if (sign == std::string_view::npos) {
        return 0;
    }
    const std::string_view digits = message.substr(sign + kSign.size());
    std::size_t row = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), row);
    return error == std::errc() && end == digits.data() + digits.size() ? row : 0;
}

std::string name_of(const ServerLocation& location) {
    std::string name;
    if (is_path(location.host)) {
        name = "the server at socket '" + location.host + "'";
    } else {
        name = "the server at " + (location.host.empty() ? std::string("localhost") : location.host) + ":" +
               std::to_string(location.port == 0 ? MYSQL_PORT : location.port);
    }
    return name + ", database '" + location.database + "'";
}

}  // namespace

std::uint32_t engine_type(const MYSQL_FIELD& field) noexcept {
    const std::uint32_t is_unsigned = (field.flags & UNSIGNED_FLAG) != 0 ? 1 : 0;
    return static_cast<std::uint32_t>(field.type) | is_unsigned << 8U | (field.decimals & 0xFFU) << 16U;
}

/// While it lives the library's waits are those of this connection, and end at the deadline.
class MariadbConnection::Call {
public:
    Call(MariadbConnection& connection, std::chrono::milliseconds limit) noexcept
        : outer_(std::exchange(waiting, &connection)) {
        connection.deadline_ = std::chrono::steady_clock::now() + limit;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() { waiting = outer_; }

private:
    MariadbConnection* outer_;
};

MariadbConnection::MariadbConnection(Settings settings)
    : settings_(std::move(settings)),
      name_(name_of(settings_.location)),
      interrupt_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (interrupt_event_ < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot make an event");
    }
}

MariadbConnection::~MariadbConnection() {
    close();
    ::close(interrupt_event_);
}

int MariadbConnection::wait_for_socket(my_socket socket, my_bool to_read, int limit) noexcept {
    if (waiting != nullptr) {
        return waiting->wait(socket, to_read != 0, limit);
    }
    // A statement that outlived its connection, or is closed by itself.
    ::pollfd wanted{socket, static_cast<short>(to_read != 0 ? POLLIN : POLLOUT), 0};
    return ::poll(&wanted, 1, limit);
}

/// Returns as poll does: more than 0 when the socket is ready, 0 when the time is over, -1 when interrupted.
int MariadbConnection::wait(int socket, bool to_read, int limit) noexcept {
    if (std::exchange(is_new_, false)) {
        limit_blocking(socket, settings_.connect_timeout);
    }
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
        auto patience = static_cast<int>(
            std::clamp<std::int64_t>(left.count(), 0, kLongLimit / std::chrono::milliseconds(1)));
        if (limit >= 0) {
            patience = std::min(patience, limit);
        }
        ::pollfd wanted[] = {{socket, static_cast<short>(to_read ? POLLIN : POLLOUT), 0},
                             {interrupt_event_, POLLIN, 0}};
        const int ready = ::poll(wanted, 2, patience);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready > 0 && wanted[1].revents != 0) {
            errno = ECANCELED;
            return -1;
        }
        return ready;
    }
}

void MariadbConnection::interrupt() noexcept {
    interrupted_ = true;
    const std::uint64_t one = 1;
    // It fails only when the event is set already.
    [[maybe_unused]] const ::ssize_t written = ::write(interrupt_event_, &one, sizeof one);
}

void MariadbConnection::clear_interrupt() noexcept {
    interrupted_ = false;
    std::uint64_t count = 0;
    [[maybe_unused]] const ::ssize_t drained = ::read(interrupt_event_, &count, sizeof count);
}

void MariadbConnection::open() {
    close();
    broken_ = false;
    is_new_ = true;
    connected_ = false;
    const ServerLocation& location = settings_.location;
    if (location.database.empty()) {
        throw Fatal("the url names no database; write mariadb://host/database");
    }
    try {
        connect("connect to " + name_ + (location.user.empty() ? "" : ", as '" + location.user + "'"));
        set_up_session();
    } catch (...) {
        close();
        throw;
    }
}

void MariadbConnection::connect(std::string_view doing) {
    handle_.reset(mysql_init(nullptr));
    if (!handle_) {
        throw std::bad_alloc();
    }
    set_options();
    const ServerLocation& location = settings_.location;
    const bool by_path = is_path(location.host);
    const auto or_null = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
    const Call call(*this, settings_.connect_timeout);
    if (mysql_real_connect(handle_.get(), by_path ? nullptr : or_null(location.host), or_null(location.user),
                           or_null(location.password), location.database.c_str(), location.port,
                           by_path ? location.host.c_str() : nullptr, 0) == nullptr) {
        fail(doing, MariadbWork::data);
    }
    require_tls(doing);
    never_block(mysql_get_socket(handle_.get()));
    connected_ = true;
}

/// The library goes on without TLS when the server has none.
void MariadbConnection::require_tls(std::string_view doing) const {
    if ((settings_.tls == Tls::require || settings_.tls == Tls::verify) &&
        mysql_get_ssl_cipher(handle_.get()) == nullptr) {
        throw Fatal("cannot " + std::string(doing) +
                    ": the server offers no TLS, which the option tls asks for; set up its certificate, or "
                    "set tls to \"prefer\" or \"off\"");
    }
}

void MariadbConnection::set_options() {
    MYSQL* const handle = handle_.get();
    const auto set = [handle](mysql_option option, const auto& value) {
        mysql_optionsv(handle, option, &value);
    };
    set(MYSQL_OPT_CONNECT_TIMEOUT, seconds(settings_.connect_timeout));
    // The library waits for a socket only when it has a limit; the deadline of each call is nearer.
    const unsigned longest = seconds(kLongLimit);
    set(MYSQL_OPT_READ_TIMEOUT, longest);
    set(MYSQL_OPT_WRITE_TIMEOUT, longest);
    mysql_optionsv(handle, MARIADB_OPT_IO_WAIT, reinterpret_cast<void*>(&wait_for_socket));
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "heliograph");
    // A server could ask for any file that this process may read.
    const unsigned no_files = 0;
    set(MYSQL_OPT_LOCAL_INFILE, no_files);
    const unsigned protocol = is_path(settings_.location.host) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    set(MYSQL_OPT_PROTOCOL, protocol);
    if (settings_.tls == Tls::off) {
        return;
    }
    const my_bool on = 1;
    set(MYSQL_OPT_SSL_ENFORCE, on);
    const auto set_file = [handle](mysql_option option, const std::string& path) {
        if (!path.empty()) {
            mysql_optionsv(handle, option, path.c_str());
        }
    };
    set_file(MYSQL_OPT_SSL_CA, settings_.tls_ca_file);
    set_file(MYSQL_OPT_SSL_CERT, settings_.tls_certificate_file);
    set_file(MYSQL_OPT_SSL_KEY, settings_.tls_key_file);
    if (settings_.tls == Tls::verify) {
        set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, on);
    }
}

void MariadbConnection::set_up_session() {
    const std::string lock_limit = text_of_seconds(settings_.statement_timeout);
    std::string sql =
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
        "time_zone = '+00:00', autocommit = 1, lock_wait_timeout = " +
        lock_limit + ", innodb_lock_wait_timeout = " + lock_limit;
    if (is_mariadb()) {
        sql += ", max_statement_time = " + lock_limit;
    }
    constexpr std::string_view kDoing = "set up the session";
    query(sql, kDoing, MariadbWork::data);
    const auto rows = select("SELECT @@max_allowed_packet, @@lower_case_table_names", {}, kDoing);
    const auto number = [&](std::size_t column) { return std::stoull(rows.at(0).at(column).value_or("0")); };
    max_packet_ = std::max<std::size_t>(number(0), kFewestBytes);
    lower_case_tables_ = number(1) != 0;
}

void MariadbConnection::close() noexcept {
    const Call call(*this, kCloseLimit);
    handle_.reset();
}

bool MariadbConnection::answers() noexcept {
    const Call call(*this, settings_.connect_timeout);
    if (handle_ == nullptr || broken_ || mysql_ping(handle_.get()) != 0) {
        broken_ = true;
        return false;
    }
    return true;
}

bool MariadbConnection::is_mariadb() const noexcept {
    return mariadb_connection(handle_.get()) != 0;
}

bool MariadbConnection::takes_arrays() const noexcept {
    unsigned long capabilities = 0;
    return mariadb_get_infov(handle_.get(), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities) ==
               0 &&
           (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32U)) != 0;
}

void MariadbConnection::execute(std::string_view sql, std::string_view doing, MariadbWork work) {
    const Call call(*this, settings_.statement_timeout + kGrace);
    query(sql, doing, work);
}

void MariadbConnection::execute_long(std::string_view sql, std::string_view doing) {
    const Call call(*this, kLongLimit);
    // The limit of other statements would end the copying of a large table each time anew.
    query((is_mariadb() ? "SET STATEMENT max_statement_time = 0 FOR " : "") + std::string(sql), doing,
          MariadbWork::schema);
}

void MariadbConnection::execute_script(std::string_view sql, std::string_view doing) {
    const Call call(*this, kLongLimit);
    MYSQL* const handle = handle_.get();
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0) {
        fail(doing, MariadbWork::schema);
    }
    query(sql, doing, MariadbWork::schema);
    for (;;) {
        const int next = mysql_next_result(handle);
        if (next > 0) {
            fail(doing, MariadbWork::schema);
        }
        if (next < 0) {
            break;
        }
        mysql_free_result(mysql_store_result(handle));
    }
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) != 0) {
        fail(doing, MariadbWork::schema);
    }
}

void MariadbConnection::query(std::string_view sql, std::string_view doing, MariadbWork work) {
    MYSQL* const handle = handle_.get();
    if (mysql_real_query(handle, sql.data(), sql.size()) != 0) {
        fail(doing, work);
    }
    MYSQL_RES* const result = mysql_store_result(handle);
    if (result == nullptr && mysql_field_count(handle) != 0) {
        fail(doing, work);
    }
    mysql_free_result(result);
}

std::vector<std::pair<std::string, std::uint32_t>> MariadbConnection::describe_columns(
    std::string_view sql, std::string_view doing) {
    const Call call(*this, settings_.statement_timeout + kGrace);
    MYSQL* const handle = handle_.get();
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(
        mysql_real_query(handle, sql.data(), sql.size()) == 0 ? mysql_store_result(handle) : nullptr,
        &mysql_free_result);
    if (!result) {
        fail(doing, MariadbWork::data);
    }
    std::vector<std::pair<std::string, std::uint32_t>> columns;
    const MYSQL_FIELD* const fields = mysql_fetch_fields(result.get());
    for (unsigned i = 0; i < mysql_num_fields(result.get()); ++i) {
        columns.emplace_back(std::string(fields[i].name, fields[i].name_length), engine_type(fields[i]));
    }
    return columns;
}

MariadbStatement MariadbConnection::prepare(std::string_view sql, std::string_view doing) {
    const Call call(*this, settings_.statement_timeout + kGrace);
    MariadbStatement statement(mysql_stmt_init(handle_.get()));
    if (!statement) {
        throw std::bad_alloc();
    }
    if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) {
        fail(statement.get(), doing, MariadbWork::data);
    }
    return statement;
}

void MariadbConnection::run(MYSQL_STMT* statement, std::span<const Value> parameters,
                            std::string_view doing) {
    std::vector<MYSQL_BIND> bound(parameters.size(), MYSQL_BIND{});
    std::vector<std::int64_t> numbers(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (parameters[i].kind() == Value::Kind::integer) {
            numbers[i] = parameters[i].integer();
            bound[i].buffer_type = MYSQL_TYPE_LONGLONG;
            bound[i].buffer = &numbers[i];
        } else {
            const std::string_view text = parameters[i].text();
            bound[i].buffer_type = MYSQL_TYPE_STRING;
            bound[i].buffer = const_cast<char*>(text.data());  // only read
            bound[i].buffer_length = text.size();
            bound[i].length_value = text.size();
            bound[i].length = &bound[i].length_value;
        }
    }
    if ((!bound.empty() && mysql_stmt_bind_param(statement, bound.data()) != 0) ||
        mysql_stmt_execute(statement) != 0) {
        fail(statement, doing, MariadbWork::data);
    }
}

std::vector<MariadbConnection::Row> MariadbConnection::select(std::string_view sql,
                                                              std::span<const Value> parameters,
                                                              std::string_view doing) {
    const MariadbStatement statement = prepare(sql, doing);
    const Call call(*this, settings_.statement_timeout + kGrace);
    run(statement.get(), parameters, doing);
    const unsigned columns = mysql_stmt_field_count(statement.get());
    // Without a buffer each fetch tells the lengths only; the texts are fetched one by one.
    std::vector<MYSQL_BIND> bound(columns, MYSQL_BIND{});
    for (MYSQL_BIND& column : bound) {
        column.buffer_type = MYSQL_TYPE_STRING;
        column.length = &column.length_value;
        column.is_null = &column.is_null_value;
    }
    if (mysql_stmt_bind_result(statement.get(), bound.data()) != 0 ||
        mysql_stmt_store_result(statement.get()) != 0) {
        fail(statement.get(), doing, MariadbWork::data);
    }
    std::vector<Row> rows;
    for (;;) {
        const int fetched = mysql_stmt_fetch(statement.get());
        if (fetched == MYSQL_NO_DATA) {
            return rows;
        }
        if (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED) {
            fail(statement.get(), doing, MariadbWork::data);
        }
        Row& row = rows.emplace_back();
        for (unsigned i = 0; i < columns; ++i) {
            if (bound[i].is_null_value != 0) {
                row.emplace_back(std::nullopt);
                continue;
            }
            std::string text(bound[i].length_value, '\0');
            MYSQL_BIND whole{};
            whole.buffer_type = MYSQL_TYPE_STRING;
            whole.buffer = text.data();
            whole.buffer_length = text.size();
            whole.length = &whole.length_value;
            whole.is_null = &whole.is_null_value;
            if (!text.empty() && mysql_stmt_fetch_column(statement.get(), &whole, i, 0) != 0) {
                fail(statement.get(), doing, MariadbWork::data);
            }
            row.emplace_back(std::move(text));
        }
    }
}

std::size_t MariadbConnection::change(std::string_view sql, std::span<const Value> parameters,
                                      std::string_view doing) {
    const MariadbStatement statement = prepare(sql, doing);
    const Call call(*this, settings_.statement_timeout + kGrace);
    run(statement.get(), parameters, doing);
    return mysql_stmt_affected_rows(statement.get());
}

std::optional<MariadbConnection::RowFailure> MariadbConnection::insert_rows(MYSQL_STMT* statement,
                                                                            std::string_view doing) {
    const Call call(*this, settings_.statement_timeout + kGrace);
    if (mysql_stmt_execute(statement) == 0) {
        return std::nullopt;
    }
    const MariadbError error{mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
                             mysql_stmt_error(statement)};
    if (classify(error) != MariadbFailure::row || ends_connection(error.number)) {
        fail(error, doing, MariadbWork::data);
    }
    return RowFailure{row_of(error.message), describe(error, doing)};
}

void MariadbConnection::fail(std::string_view doing, MariadbWork work) {
    MYSQL* const handle = handle_.get();
    fail({mysql_errno(handle), mysql_sqlstate(handle), mysql_error(handle)}, doing, work);
}

void MariadbConnection::fail(MYSQL_STMT* statement, std::string_view doing, MariadbWork work) {
    fail({mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement), mysql_stmt_error(statement)}, doing,
         work);
}

void MariadbConnection::fail(const MariadbError& error, std::string_view doing, MariadbWork work) {
    if (interrupted_) {
        broken_ = true;  // an answer may still be on its way
        throw Stopped();
    }
    broken_ = broken_ || ends_connection(error.number);
    if (broken_ && std::chrono::steady_clock::now() >= deadline_) {
        throw Retry("cannot " + std::string(doing) + ": " + name_ +
                    " did not answer in time; check that it is not overloaded or stopped, and the network");
    }
    if (connected_ && error.number == CR_SSL_CONNECTION_ERROR) {
        // The certificate was in order when the connection was made.
        throw Retry("cannot " + std::string(doing) + ": the connection broke: " + std::string(error.message));
    }
    throw_mariadb_failure(error, doing, work);
}

}  // namespace heliograph::sql
