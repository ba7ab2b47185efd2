// What the database servers that tests start have in common: a folder, a port, and the ways to disturb them.
#pragma once

#include "tests/servers/support/process.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::testing {

/// What a query gave: rows of text, NULL as "NULL".
using Rows = std::vector<std::vector<std::string>>;

/// A real server on 127.0.0.1, with data of its own, that runs while the object lives and dies with the
/// test, however that ends. Every wait is bounded; what fails throws std::runtime_error with the end of the
/// server's log. A derived class starts it in its constructor and ends it in its destructor. [one thread]
class Server {
public:
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    virtual ~Server();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] static std::string host() { return "127.0.0.1"; }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
    /// All that the server has said.
    [[nodiscard]] std::string log() const;

    /// Starts it again on the same port and data, and returns when it answers.
    void start();
    /// Ends it in good order.
    void stop();
    /// Ends it and its processes by SIGKILL.
    void kill();
    [[nodiscard]] bool is_running() { return process_ && process_->is_running(); }

    /// Makes it stop answering, its connections open.
    void pause();
    void resume();

    /// From here on no file of its data can grow, as on a full disk.
    void fill_disk();
    void free_disk();

protected:
    /// `name` is for messages.
    explicit Server(std::string name);

    [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
    /// Makes an empty folder that the server may write to.
    [[nodiscard]] std::filesystem::path make_folder(std::string_view name) const;
    /// Runs a program to its end, as the server's user. Throws when it fails.
    void run(const std::vector<std::string>& command) const;
    /// Starts for the first time, on a free port. Another one is tried when somebody else took it meanwhile.
    void start_first();
    /// Ends it at once; for the destructor of a derived class, while `quick_stop_signal` can be asked.
    void end() noexcept;

    /// The command that runs the server on `port()` in the foreground.
    [[nodiscard]] virtual std::vector<std::string> command() const = 0;
    /// Whether it answers.
    [[nodiscard]] virtual bool is_ready() = 0;
    [[nodiscard]] virtual int stop_signal() const = 0;
    /// What makes it leave at once, and nothing of it behind in the system.
    [[nodiscard]] virtual int quick_stop_signal() const = 0;

private:
    [[nodiscard]] std::vector<std::string> environment() const;
    /// Returns whether it answers; it has ended otherwise.
    [[nodiscard]] bool try_start();
    [[noreturn]] void fail(const std::string& what) const;

    std::string name_;
    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    std::optional<Process> process_;
};

}  // namespace heliograph::testing
