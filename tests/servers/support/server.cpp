#include "tests/servers/support/server.hpp"

#include "tests/integration/driver/eventually.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <system_error>

namespace heliograph::testing {
namespace {

// Below the ports that the kernel gives to outgoing connections, so that none of those takes the port of a
// server while it is down.
constexpr int kFirstPort = 20000;
constexpr int kLastPort = 32000;
constexpr int kAttempts = 20;
constexpr std::size_t kShownOfLog = 2000;

bool is_free(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(descriptor, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    return bound;
}

std::uint16_t free_port() {
    std::random_device seed;
    std::uniform_int_distribution<int> ports(kFirstPort, kLastPort);
    for (;;) {
        const int port = ports(seed);
        if (is_free(port)) {
            return static_cast<std::uint16_t>(port);
        }
    }
}

void give_to_server(const std::filesystem::path& path) {
    const Account account = server_account();
    if (::chown(path.c_str(), account.user, account.group) != 0) {
        throw std::system_error(errno, std::generic_category(),
                                "cannot change the owner of " + path.string());
    }
}

std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Server::Server(std::string name) : name_(std::move(name)) {
    // Not in TMPDIR: the path of a Unix socket in it must stay below 108 bytes.
    char folder[] = "/tmp/heliograph-XXXXXX";
    if (::mkdtemp(folder) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "cannot make a folder in /tmp");
    }
    folder_ = folder;
    std::filesystem::permissions(folder_, std::filesystem::perms{0755});
    give_to_server(folder_);
    // A copy, since the build folder may be closed to the server's user.
    std::filesystem::copy_file(HELIOGRAPH_FULL_DISK_MODULE, folder_ / "full_disk.so");
    std::filesystem::permissions(folder_ / "full_disk.so", std::filesystem::perms{0755});
}

Server::~Server() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Server::log() const {
    return read_all(folder_ / "log");
}

void Server::start() {
    if (is_running()) {
        throw std::logic_error("the server runs already");
    }
    if (!try_start()) {
        fail(name_ + " ended before it was ready");
    }
}

void Server::stop() {
    if (!is_running()) {
        throw std::logic_error("the server does not run");
    }
    process_->signal_all(SIGCONT);
    process_->signal(stop_signal());
    if (!process_->wait_for_end(kPatience)) {
        fail(name_ + " did not stop in time");
    }
    process_.reset();
}

void Server::kill() {
    process_.reset();
}

void Server::pause() {
    process_->signal_all(SIGSTOP);
}

void Server::resume() {
    process_->signal_all(SIGCONT);
}

void Server::fill_disk() {
    std::ofstream flag(folder_ / "disk_is_full");
    if (!flag) {
        throw std::runtime_error("cannot write to " + folder_.string());
    }
}

void Server::free_disk() {
    std::filesystem::remove(folder_ / "disk_is_full");
}

std::filesystem::path Server::make_folder(std::string_view name) const {
    const auto made = folder_ / name;
    std::filesystem::create_directory(made);
    std::filesystem::permissions(made, std::filesystem::perms{0700});
    give_to_server(made);
    return made;
}

void Server::run(const std::vector<std::string>& command) const {
    Process process({command, environment(), folder_, folder_ / "log", SIGKILL});
    if (!process.wait_for_end(kPatience)) {
        fail(command.front() + " did not end in time");
    }
    if (process.status() != 0) {
        fail(command.front() + " failed");
    }
}

void Server::start_first() {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        port_ = free_port();
        if (try_start()) {
            return;
        }
        if (log().find("in use") == std::string::npos) {
            break;
        }
    }
    fail(name_ + " ended before it was ready");
}

void Server::end() noexcept {
    if (is_running()) {
        process_->signal_all(SIGCONT);
        process_->signal(quick_stop_signal());
        if (!process_->wait_for_end(kPatience)) {
            process_->kill_all();
        }
    }
    process_.reset();
}

bool Server::try_start() {
    process_.emplace(
        Process::Launch{command(), environment(), folder_, folder_ / "log", quick_stop_signal()});
    bool ready = false;
    const bool settled = eventually([&] {
        ready = is_running() && is_ready();
        return ready || !is_running();
    });
    if (!settled) {
        fail(name_ + " was not ready in time");
    }
    if (!ready) {
        process_.reset();
    }
    return ready;
}

std::vector<std::string> Server::environment() const {
    // Nothing of the test's own: it may be run with a library preloaded for itself.
    const char* const path = std::getenv("PATH");
    return {std::string("PATH=") + (path == nullptr ? "/usr/bin:/bin" : path),
            "HOME=" + folder_.string(),
            "TMPDIR=" + folder_.string(),
            "LC_ALL=C",
            "LD_PRELOAD=" + (folder_ / "full_disk.so").string(),
            "HELIOGRAPH_FULL_DISK_FLAG=" + (folder_ / "disk_is_full").string(),
            "HELIOGRAPH_FULL_DISK_FOLDER=" + data().string() + "/"};
}

void Server::fail(const std::string& what) const {
    std::string said = log();
    if (said.size() > kShownOfLog) {
        said.erase(0, said.size() - kShownOfLog);
    }
    throw std::runtime_error(what + "; its log ends with:\n" + said);
}

}  // namespace heliograph::testing
