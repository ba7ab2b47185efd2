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
#include <system_error>
#include <utility>

namespace heliograph::sql {
namespace {

// To say goodbye.
constexpr std::chrono::seconds kCloseLimit{1};
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

MariadbConnection::Call::Call(MariadbConnection& connection, std::chrono::milliseconds limit) noexcept
    : outer_(std::exchange(waiting, &connection)) {
    connection.deadline_ = std::chrono::steady_clock::now() + limit;
}

MariadbConnection::Call::~Call() {
    waiting = outer_;
}

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
    {
        const Call call(*this, settings_.connect_timeout);
        query(sql, kDoing, MariadbWork::data);
    }
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
