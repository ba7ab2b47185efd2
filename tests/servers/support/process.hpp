// A program that a test starts and that never outlives it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace heliograph::testing {

/// Where a program is. Looks in PATH and then in `folders`; throws std::runtime_error, which names the
/// Debian package to install, when it is in none.
[[nodiscard]] std::filesystem::path find_program(const std::string& name, const std::string& package,
                                                 const std::vector<std::filesystem::path>& folders = {});

/// Who servers run as: the current user, or `nobody` for root, as whom database servers refuse to run.
struct Account {
    ::uid_t user;
    ::gid_t group;
};
[[nodiscard]] Account server_account();

/// A running program with its descendants. Its group and session are its own; when the thread that started
/// it ends, which includes the end of the process, the kernel sends it `death_signal`. [one thread]
class Process {
public:
    struct Launch {
        std::vector<std::string> command;      ///< the path of the program, then its arguments
        std::vector<std::string> environment;  ///< all of it, as NAME=value
        std::filesystem::path folder;          ///< to run in
        std::filesystem::path output;          ///< both streams are appended to it
        int death_signal;
    };

    /// Throws std::system_error when there is no process to be had.
    explicit Process(const Launch& launch);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    /// Kills what still runs.
    ~Process();

    [[nodiscard]] ::pid_t id() const noexcept { return id_; }
    /// Whether it has not ended yet.
    [[nodiscard]] bool is_running();
    /// Waits for its end. Returns false when the limit is over first.
    [[nodiscard]] bool wait_for_end(std::chrono::nanoseconds limit);
    /// How it ended, as waitpid has it; only after its end.
    [[nodiscard]] int status() const noexcept { return status_; }

    void signal(int number) noexcept;
    /// To the program and all its descendants.
    void signal_all(int number) noexcept;
    /// SIGKILL to all of them, and waits until they are gone.
    void kill_all() noexcept;

private:
    ::pid_t id_ = -1;
    int status_ = 0;
    bool ended_ = false;
};

}  // namespace heliograph::testing
