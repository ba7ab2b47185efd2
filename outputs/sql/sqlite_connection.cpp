#include "outputs/sql/sqlite_connection.hpp"

#include "outputs/sql/sqlite_error.hpp"

#include <heliograph/errors.hpp>

#include <sqlite3.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace heliograph::sql {
namespace {

/// Whether a path lies on a file system whose other users run on other machines: WAL needs memory that all
/// users share. Source: SQLite, "Write-Ahead Logging", overview; magic numbers: statfs(2).
bool on_network_file_system(const std::string& path) noexcept {
    constexpr auto kNetwork = std::to_array<std::uint32_t>({
        0x6969,      // NFS
        0x517B,      // SMB
        0xFF534D42,  // CIFS
        0xFE534D42,  // SMB 2
        0x01021997,  // 9P
    });
    struct statfs found {};
    return statfs(path.c_str(), &found) == 0 &&
           std::find(kNetwork.begin(), kNetwork.end(), static_cast<std::uint32_t>(found.f_type)) !=
               kNetwork.end();
}

std::string_view pragma_value(Synchronous synchronous) noexcept {
    switch (synchronous) {
        case Synchronous::normal:
            break;
        case Synchronous::full:
            return "FULL";
        case Synchronous::off:
            return "OFF";
    }
    return "NORMAL";
}

}  // namespace

void FinalizeStatement::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

SqliteConnection::SqliteConnection(SqliteLocation location, Synchronous synchronous,
                                   std::chrono::milliseconds busy_timeout, Host host)
    : location_(std::move(location)),
      synchronous_(synchronous),
      busy_timeout_(busy_timeout),
      host_(host),
      opening_("open database '" + location_.path + "'") {}

void SqliteConnection::open() {
    close();
    ensure_directory();
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(location_.path.c_str(), &opened,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    {
        const std::lock_guard lock(handle_mutex_);
        handle_ = opened;
    }
    if (handle_ == nullptr) {
        throw std::bad_alloc();
    }
    try {
        if (code != SQLITE_OK) {
            fail(opening_);
        }
        set_up();
    } catch (...) {
        close();
        throw;
    }
}

void SqliteConnection::close() noexcept {
    const std::lock_guard lock(handle_mutex_);
    // Statements that are still prepared keep the connection until they go; an open transaction is rolled
    // back.
    sqlite3_close_v2(std::exchange(handle_, nullptr));
}

void SqliteConnection::interrupt() noexcept {
    const std::lock_guard lock(handle_mutex_);
    interrupted_ = true;
    if (handle_ != nullptr) {
        sqlite3_interrupt(handle_);
    }
}

SqliteStatement SqliteConnection::prepare(std::string_view sql, std::string_view doing) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
        fail(doing);
    }
    return SqliteStatement(statement);
}

bool SqliteConnection::step(sqlite3_stmt* statement, std::string_view doing) {
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        fail(doing);
    }
    return code == SQLITE_ROW;
}

void SqliteConnection::execute(std::string_view sql, std::string_view doing) {
    const SqliteStatement statement = prepare(sql, doing);
    while (step(statement.get(), doing)) {
    }
}

void SqliteConnection::execute_script(std::string_view sql, std::string_view doing) {
    const auto allow = [](void*, int action, const char*, const char*, const char*, const char*) noexcept {
        return action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT ? SQLITE_DENY : SQLITE_OK;
    };
    const auto clear = [](sqlite3* handle) noexcept { sqlite3_set_authorizer(handle, nullptr, nullptr); };
    sqlite3_set_authorizer(handle_, allow, nullptr);
    const std::unique_ptr<sqlite3, decltype(clear)> cleared(handle_, clear);
    const char* const end = sql.data() + sql.size();
    for (const char* at = sql.data(); at != end;) {
        sqlite3_stmt* made = nullptr;
        if (sqlite3_prepare_v3(handle_, at, static_cast<int>(end - at), 0, &made, &at) != SQLITE_OK) {
            fail(doing);
        }
        const SqliteStatement statement(made);  // none for a comment
        while (made != nullptr && step(made, doing)) {
        }
    }
}

std::size_t SqliteConnection::changed_rows() const noexcept {
    return static_cast<std::size_t>(sqlite3_changes64(handle_));
}

bool SqliteConnection::in_transaction() const noexcept {
    return handle_ != nullptr && sqlite3_get_autocommit(handle_) == 0;
}

bool SqliteConnection::file_is_gone() const noexcept {
    int moved = 0;
    return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

std::size_t SqliteConnection::max_columns() const noexcept {
    return static_cast<std::size_t>(sqlite3_limit(handle_, SQLITE_LIMIT_COLUMN, -1));
}

void SqliteConnection::fail(std::string_view doing) const {
    const int code = sqlite3_extended_errcode(handle_);
    if (interrupted() && (code & 0xff) == SQLITE_BUSY) {
        throw Stopped();
    }
    throw_sqlite_failure(code, sqlite3_errmsg(handle_), doing);
}

void SqliteConnection::ensure_directory() const {
    const std::filesystem::path directory = std::filesystem::path(location_.path).parent_path();
    std::error_code error;
    if (location_.in_memory() || directory.empty() || std::filesystem::is_directory(directory, error)) {
        return;
    }
    if (!std::filesystem::create_directory(directory, error)) {
        throw Retry("cannot " + opening_ + ": its directory does not exist and cannot be made: " +
                    error.message() + "; make the directory");
    }
}

void SqliteConnection::set_up() {
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_handler(handle_, &SqliteConnection::wait_for_lock, this);
    // An unknown column in double quotes would otherwise be taken for a text.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    choose_journal();
    execute(std::string("PRAGMA synchronous = ").append(pragma_value(synchronous_)), opening_);
    execute("PRAGMA temp_store = MEMORY", opening_);
    // The write-ahead log shrinks again after a long reader has let it grow.
    execute("PRAGMA journal_size_limit = 67108864", opening_);
    // Views may name a table while it is being rebuilt.
    execute("PRAGMA legacy_alter_table = ON", opening_);
}

void SqliteConnection::choose_journal() {
    const bool shared = !location_.in_memory() && on_network_file_system(location_.path);
    const SqliteStatement pragma =
        prepare(shared ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL", opening_);
    std::string mode;
    while (step(pragma.get(), opening_)) {
        mode = reinterpret_cast<const char*>(sqlite3_column_text(pragma.get(), 0));
    }
    if (!location_.in_memory() && mode != "wal") {
        host_.warning("database '" + location_.path + "' has no write-ahead log (its journal mode is " +
                      mode + "), as on network file systems: writing is slower and readers wait for it");
    }
}

/// Called by SQLite while another connection holds the lock; 0 gives up. Counts what it sleeps, so that it
/// needs no clock, and sleeps in short pieces, so that interrupt is heard.
int SqliteConnection::wait_for_lock(void* self, int waits) noexcept {
    auto& connection = *static_cast<SqliteConnection*>(self);
    if (waits == 0) {
        connection.waited_ = {};
    }
    if (connection.interrupted() || connection.waited_ >= connection.busy_timeout_) {
        return 0;
    }
    constexpr int kFirstPieces = 5;
    const std::chrono::milliseconds piece(waits < kFirstPieces ? 2 : 20);
    sqlite3_sleep(static_cast<int>(piece.count()));
    connection.waited_ += piece;
    return 1;
}

}  // namespace heliograph::sql
