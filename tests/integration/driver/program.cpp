#include "tests/integration/driver/program.hpp"

#include "tests/integration/driver/pointers.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace heliograph::testing {
namespace {

constexpr const char* kProgram = HELIOGRAPH_BINARY_DIR "/heliograph";

std::vector<std::string> environment_of(const Launch& launch) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("HELIOGRAPH_")) {
            all.emplace_back(*entry);
        }
    }
    for (const auto& [name, value] : launch.environment) {
        all.push_back(name + "=" + value);
    }
    return all;
}

/// Where the streams go, and no signal blocked or ignored in the child.
class SpawnSettings {
public:
    SpawnSettings(const std::filesystem::path& output, const std::filesystem::path& error,
                  const std::filesystem::path& folder) {
        constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.c_str(), kFlags, 0600);
        ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, error.c_str(), kFlags, 0600);
        ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
        // The simulator's sockets: a port that the child kept open could not be closed here.
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::sigset_t none;
        ::sigemptyset(&none);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

Program::Program(const Workspace& workspace, const Launch& launch) {
    static std::atomic<int> runs{0};
    const std::string name = "run-" + std::to_string(++runs);
    output_path_ = workspace.file(name + ".out");
    error_path_ = workspace.file(name + ".err");

    std::vector<std::string> arguments{kProgram};
    arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
    std::vector<std::string> environment = environment_of(launch);
    const SpawnSettings settings(output_path_, error_path_,
                                 launch.folder.empty() ? workspace.folder() : launch.folder);
    const int error = ::posix_spawn(&process_, kProgram, settings.actions(), settings.attributes(),
                                    pointers_to(arguments).data(), pointers_to(environment).data());
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), std::string("cannot start ") + kProgram);
    }
}

Program::~Program() {
    if (running()) {
        signal(SIGKILL);
        static_cast<void>(wait());
    }
}

void Program::signal(int number) const {
    if (!exit_code_) {
        ::kill(process_, number);
    }
}

bool Program::running() {
    if (exit_code_) {
        return false;
    }
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) != process_) {
        return true;
    }
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return false;
}

std::optional<int> Program::wait(std::chrono::nanoseconds limit) {
    static_cast<void>(eventually([&] { return !running(); }, limit));
    return exit_code_;
}

bool Program::wait_for_log(std::string_view text, std::chrono::nanoseconds limit) {
    const auto holds = [&] { return log().find(text) != std::string::npos; };
    static_cast<void>(eventually([&] { return holds() || !running(); }, limit));
    return holds();
}

Finished run(const Workspace& workspace, const Launch& launch) {
    Program program(workspace, launch);
    const int exit_code = program.wait().value_or(-1);
    return {exit_code, program.output(), program.log()};
}

std::size_t count_of(std::string_view text, std::string_view wanted) {
    std::size_t count = 0;
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + wanted.size())) {
        ++count;
    }
    return count;
}

}  // namespace heliograph::testing
