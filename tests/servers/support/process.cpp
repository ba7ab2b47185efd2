#include "tests/servers/support/process.hpp"

#include "tests/integration/driver/eventually.hpp"
#include "tests/integration/driver/pointers.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace heliograph::testing {
namespace {

constexpr int kCannotRun = 127;

struct ProcessState {
    ::pid_t parent;
    char state;
};

/// Source: proc(5), /proc/[pid]/stat. The name in parentheses may hold anything.
std::optional<ProcessState> state_of(::pid_t id) {
    std::ifstream file("/proc/" + std::to_string(id) + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream rest(line.substr(name_end + 1));
    ProcessState found{};
    rest >> found.state >> found.parent;
    return found;
}

bool is_gone(::pid_t id) {
    const auto found = state_of(id);
    return !found || found->state == 'Z' || found->state == 'X';
}

/// A process and all that it started, itself first.
std::vector<::pid_t> family_of(::pid_t id) {
    std::multimap<::pid_t, ::pid_t> children;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const auto child = static_cast<::pid_t>(std::stol(name));
        if (const auto found = state_of(child)) {
            children.emplace(found->parent, child);
        }
    }
    std::vector<::pid_t> family{id};
    for (std::size_t i = 0; i < family.size(); ++i) {
        const auto [first, last] = children.equal_range(family[i]);
        std::for_each(first, last, [&](const auto& entry) { family.push_back(entry.second); });
    }
    return family;
}

[[noreturn]] void give_up(const char* what) noexcept {
    const char* const reason = ::strerror(errno);
    for (const char* text : {what, ": ", reason, "\n"}) {
        if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) {
            break;
        }
    }
    ::_exit(kCannotRun);
}

/// What the child does between fork and exec: system calls only, since other threads may have held locks.
[[noreturn]] void become(const Process::Launch& launch, const Account& account, ::pid_t parent,
                         char* const* arguments, char* const* environment) noexcept {
    const int input = ::open("/dev/null", O_RDONLY);
    const int output = ::open(launch.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::setsid();
    ::sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(account.group) != 0 || ::setuid(account.user) != 0)) {
        give_up("cannot become an unprivileged user");
    }
    // After the change of user, which clears it.
    ::prctl(PR_SET_PDEATHSIG, launch.death_signal);
    if (::getppid() != parent) {
        ::_exit(kCannotRun);
    }
    if (::chdir(launch.folder.c_str()) != 0) {
        give_up("cannot change to the server's folder");
    }
    ::execve(arguments[0], arguments, environment);
    give_up(arguments[0]);
}

}  // namespace

std::filesystem::path find_program(const std::string& name, const std::string& package,
                                   const std::vector<std::filesystem::path>& folders) {
    std::vector<std::filesystem::path> searched;
    const char* const path = std::getenv("PATH");
    std::istringstream parts(path == nullptr ? "" : path);
    for (std::string folder; std::getline(parts, folder, ':');) {
        searched.emplace_back(folder);
    }
    searched.insert(searched.end(), folders.begin(), folders.end());
    for (const auto& folder : searched) {
        const auto program = folder / name;
        if (::access(program.c_str(), X_OK) == 0) {
            return program;
        }
    }
    throw std::runtime_error("this test needs the program " + name + ", of the Debian package " + package +
                             ", which is not installed: run scripts/install-dependencies --test");
}

Account server_account() {
    if (::geteuid() != 0) {
        return {::geteuid(), ::getegid()};
    }
    const ::passwd* const nobody = ::getpwnam("nobody");
    if (nobody == nullptr) {
        throw std::runtime_error("database servers refuse to run as root, and there is no user `nobody`");
    }
    return {nobody->pw_uid, nobody->pw_gid};
}

Process::Process(const Launch& launch) {
    std::vector<std::string> command = launch.command;
    std::vector<std::string> environment = launch.environment;
    const std::vector<char*> arguments = pointers_to(command);
    const std::vector<char*> variables = pointers_to(environment);
    const Account account = server_account();
    const ::pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ == 0) {
        become(launch, account, parent, arguments.data(), variables.data());
    }
    if (id_ < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot start " + command.front());
    }
}

Process::~Process() {
    kill_all();
}

bool Process::is_running() {
    if (!ended_ && ::waitpid(id_, &status_, WNOHANG) == id_) {
        ended_ = true;
    }
    return !ended_;
}

bool Process::wait_for_end(std::chrono::nanoseconds limit) {
    return eventually([this] { return !is_running(); }, limit);
}

void Process::signal(int number) noexcept {
    if (!ended_) {
        ::kill(id_, number);
    }
}

void Process::signal_all(int number) noexcept {
    if (!ended_) {
        for (const ::pid_t id : family_of(id_)) {
            ::kill(id, number);
        }
    }
}

void Process::kill_all() noexcept {
    if (!is_running()) {
        return;
    }
    signal(SIGSTOP);  // so that no child is started while they are counted
    const auto family = family_of(id_);
    for (const ::pid_t id : family) {
        ::kill(id, SIGKILL);
    }
    const bool ended = wait_for_end(kPatience) &&
                       eventually([&] { return std::all_of(family.begin() + 1, family.end(), is_gone); });
    static_cast<void>(ended);  // nothing stronger than SIGKILL is left
}

}  // namespace heliograph::testing
