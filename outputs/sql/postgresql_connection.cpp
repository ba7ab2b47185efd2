#include "outputs/sql/postgresql_connection.hpp"

#include "outputs/sql/postgresql_parameters.hpp"

#include <heliograph/errors.hpp>

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace heliograph::sql {
namespace {

using namespace std::chrono_literals;

// What the server may be late with its answer to its own timeout.
constexpr std::chrono::milliseconds kGrace = 5s;
// A lock that somebody else holds for longer makes the batch wait its turn at the host, not here.
constexpr std::chrono::milliseconds kLockTimeout = 5s;
constexpr std::chrono::milliseconds kRollbackTimeout = 1s;
constexpr std::size_t kCopyChunk = 65'536;

std::string text_of(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

void ClearResult::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

std::string_view field_text(const PostgresqlResult& result, int row, int column) noexcept {
    return {PQgetvalue(result.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result.get(), row, column))};
}

PostgresqlConnection::PostgresqlConnection(const ServerLocation& location, const Options& options)
    : parameters_(connection_parameters(location, options)),
      connect_timeout_(options.connect_timeout),
      statement_timeout_(options.statement_timeout),
      patience_(options.statement_timeout),
      target_(describe(location)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_ < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
    }
}

PostgresqlConnection::~PostgresqlConnection() {
    close();
    ::close(wake_);
}

void PostgresqlConnection::open() {
    close();
    patience_ = statement_timeout_;
    try {
        connect();
        set_up();
    } catch (...) {
        close();
        throw;
    }
}

void PostgresqlConnection::close() noexcept {
    PQfinish(std::exchange(handle_, nullptr));
}

void PostgresqlConnection::interrupt() noexcept {
    interrupted_ = true;
    eventfd_write(wake_, 1);
}

void PostgresqlConnection::clear_interrupt() noexcept {
    // In this order an interrupt that comes between the two is heard all the same: by the flag.
    interrupted_ = false;
    eventfd_t ignored = 0;
    eventfd_read(wake_, &ignored);
}

bool PostgresqlConnection::is_broken() const noexcept {
    // Between statements nothing is read, unless the server says goodbye: its words come with the first call,
    // its end with the second.
    return handle_ == nullptr || PQconsumeInput(handle_) == 0 || PQconsumeInput(handle_) == 0 ||
           PQstatus(handle_) != CONNECTION_OK;
}

void PostgresqlConnection::connect() {
    std::vector<const char*> keys;
    std::vector<const char*> values;
    for (const auto& [key, value] : parameters_) {
        keys.push_back(key.c_str());
        values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    handle_ = PQconnectStartParams(keys.data(), values.data(), 0);
    if (handle_ == nullptr) {
        throw std::bad_alloc();
    }
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    // The only way to the code of an error before there is a connection.
    PQsetErrorVerbosity(handle_, PQERRORS_VERBOSE);
    const Deadline deadline = std::chrono::steady_clock::now() + connect_timeout_;
    for (auto state = PGRES_POLLING_WRITING;
         PQstatus(handle_) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED;
         state = PQconnectPoll(handle_)) {
        wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, "connect to " + target_);
    }
    if (PQstatus(handle_) != CONNECTION_OK) {
        throw_connect_failure(target_, PQerrorMessage(handle_));
    }
    PQsetErrorVerbosity(handle_, PQERRORS_DEFAULT);
    PQsetnonblocking(handle_, 1);
}

void PostgresqlConnection::set_up() {
    const std::string doing = "set up the session at " + target_;
    execute("SET statement_timeout = " + std::to_string(statement_timeout_.count()) +
                "; SET lock_timeout = " + std::to_string(std::min(kLockTimeout, statement_timeout_).count()) +
                "; SET TimeZone = 'UTC'; SET client_min_messages = error",
            doing);
    // Lets the server end what this side has given up. Since version 14, and not on every system.
    execute(
        "DO $$ BEGIN SET client_connection_check_interval = 1000; EXCEPTION WHEN OTHERS THEN NULL; END $$",
        doing);
}

PostgresqlResult PostgresqlConnection::execute(const std::string& sql, std::string_view doing) {
    start(handle_ == nullptr ? 0 : PQsendQuery(handle_, sql.c_str()), doing);
    return last_result(doing);
}

PostgresqlResult PostgresqlConnection::query(const std::string& sql,
                                             std::span<const PostgresqlParameter> parameters,
                                             std::string_view doing) {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    std::vector<std::string> texts;  // the library wants texts to end in NUL
    texts.reserve(parameters.size());
    for (const PostgresqlParameter& parameter : parameters) {
        texts.emplace_back(parameter.value);
        types.push_back(parameter.type);
        values.push_back(texts.back().c_str());
        lengths.push_back(static_cast<int>(texts.back().size()));
        formats.push_back(parameter.type == 0 ? 0 : 1);
    }
    start(handle_ == nullptr
              ? 0
              : PQsendQueryParams(handle_, sql.c_str(), static_cast<int>(parameters.size()), types.data(),
                                  values.data(), lengths.data(), formats.data(), 0),
          doing);
    return last_result(doing);
}

bool PostgresqlConnection::copy(const std::string& sql,
                                const std::function<bool(const PostgresqlResult&)>& examine,
                                std::span<const std::string_view> data, std::string_view doing) {
    start(handle_ == nullptr ? 0 : PQsendQuery(handle_, sql.c_str()), doing);
    bool wanted = true;
    PostgresqlResult failed;
    while (PostgresqlResult result = next_result(doing)) {
        switch (PQresultStatus(result.get())) {
            case PGRES_TUPLES_OK:
                wanted = wanted && examine(result);
                break;
            case PGRES_COPY_IN:
                if (wanted) {
                    for (const std::string_view piece : data) {
                        send_copy_data(piece, doing);
                    }
                }
                end_copy(wanted ? nullptr : "the table has changed", doing);
                break;
            case PGRES_FATAL_ERROR:
                failed = std::move(result);
                break;
            default:
                break;
        }
    }
    if (failed && wanted) {
        throw_postgresql_failure(report_of(failed), doing);
    }
    return wanted;
}

void PostgresqlConnection::rollback() noexcept {
    if (handle_ == nullptr || PQtransactionStatus(handle_) == PQTRANS_IDLE) {
        return;
    }
    if (PQtransactionStatus(handle_) == PQTRANS_ACTIVE) {
        close();
        return;
    }
    try {
        hears_ = Hears::nothing;
        patience_ = kRollbackTimeout - kGrace;
        execute("ROLLBACK", "roll a transaction back");
    } catch (...) {
        close();
    }
    hears_ = Hears::interrupts;
    patience_ = statement_timeout_;
}

/// Takes what a PQsend function returned.
void PostgresqlConnection::start(int sent, std::string_view doing) {
    if (sent == 0) {
        fail(doing);
    }
    flush(doing);
}

void PostgresqlConnection::wait(short events, Deadline deadline, std::string_view doing) {
    const bool hears = hears_ == Hears::interrupts;
    if (hears && interrupted()) {
        throw Stopped();
    }
    std::array<pollfd, 2> waits{
        {{PQsocket(handle_), events, 0}, {wake_, static_cast<short>(hears ? POLLIN : 0), 0}}};
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const int ready = poll(waits.data(), waits.size(), static_cast<int>(std::max(left, 0ms).count()));
        if (hears && interrupted()) {
            throw Stopped();
        }
        if (ready > 0 && waits[0].revents != 0) {
            return;
        }
        if (left <= 0ms) {
            throw Retry(std::string("cannot ").append(doing) +
                        ": the server did not answer in time; check the server, the network and what "
                        "firewalls lie between");
        }
    }
}

void PostgresqlConnection::flush(std::string_view doing) {
    for (int left = PQflush(handle_); left != 0; left = PQflush(handle_)) {
        if (left < 0) {
            fail(doing);
        }
        // What the server has to say must be read, or both sides wait for the other to listen.
        wait(POLLIN | POLLOUT, deadline(), doing);
        if (PQconsumeInput(handle_) == 0) {
            fail(doing);
        }
    }
}

PostgresqlResult PostgresqlConnection::next_result(std::string_view doing) {
    const Deadline until = deadline();
    while (PQisBusy(handle_) != 0) {
        wait(POLLIN, until, doing);
        if (PQconsumeInput(handle_) == 0) {
            fail(doing);
        }
    }
    return PostgresqlResult(PQgetResult(handle_));
}

PostgresqlResult PostgresqlConnection::last_result(std::string_view doing) {
    PostgresqlResult last;
    PostgresqlResult failed;
    while (PostgresqlResult result = next_result(doing)) {
        switch (PQresultStatus(result.get())) {
            case PGRES_COPY_IN:
                end_copy("there is no data for this COPY", doing);
                break;
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                close();
                throw Fatal(std::string("cannot ").append(doing) + ": a COPY has no place there");
            case PGRES_FATAL_ERROR:
            case PGRES_BAD_RESPONSE:
                failed = std::move(result);
                break;
            default:
                last = std::move(result);
                break;
        }
    }
    if (failed) {
        throw_postgresql_failure(report_of(failed), doing);
    }
    return last;
}

void PostgresqlConnection::send_copy_data(std::string_view data, std::string_view doing) {
    while (!data.empty()) {
        const std::string_view chunk = data.substr(0, kCopyChunk);
        // In chunks, each of which leaves before the next comes, so that the library need not hold them all.
        if (PQputCopyData(handle_, chunk.data(), static_cast<int>(chunk.size())) != 1) {
            fail(doing);
        }
        flush(doing);
        data.remove_prefix(chunk.size());
    }
}

void PostgresqlConnection::end_copy(const char* error, std::string_view doing) {
    if (PQputCopyEnd(handle_, error) != 1) {
        fail(doing);
    }
    flush(doing);
}

PostgresqlConnection::Deadline PostgresqlConnection::deadline() const noexcept {
    return std::chrono::steady_clock::now() + patience_ + kGrace;
}

void PostgresqlConnection::fail(std::string_view doing) const {
    PostgresqlReport report;
    report.connection_lost = true;
    if (handle_ == nullptr) {
        report.message = "the connection is closed";
    } else {
        report.message = read_connect_message(PQerrorMessage(handle_)).message;
    }
    throw_postgresql_failure(report, std::string(doing) + " at " + target_);
}

PostgresqlReport PostgresqlConnection::report_of(const PostgresqlResult& result) const {
    const auto field = [&](int code) { return text_of(PQresultErrorField(result.get(), code)); };
    PostgresqlReport report{
        PQstatus(handle_) != CONNECTION_OK, field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY),
        field(PG_DIAG_MESSAGE_DETAIL),      field(PG_DIAG_CONTEXT),  field(PG_DIAG_SCHEMA_NAME),
        field(PG_DIAG_CONSTRAINT_NAME)};
    if (report.message.empty()) {
        report.message = read_connect_message(PQresultErrorMessage(result.get())).message;
    }
    return report;
}

}  // namespace heliograph::sql
