#include "plugins/common/http/last_words.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace heliograph::http {
namespace {

constexpr std::size_t kMost = 65'536;

long local_port_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return 0;
    }
    if (address.ss_family == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
    }
    return address.ss_family == AF_INET ? ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port) : 0;
}

std::string read_rest(int socket) {
    std::string text;
    std::array<char, 4096> part{};
    while (text.size() < kMost) {
        const auto size = ::recv(socket, part.data(), part.size(), MSG_DONTWAIT);
        if (size <= 0) {
            break;
        }
        text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
}

}  // namespace

int LastWords::on_close(void* self, curl_socket_t socket) noexcept {
    try {
        if (auto text = read_rest(socket); std::string_view(text).substr(0, 5) == "HTTP/") {
            static_cast<LastWords*>(self)->heard_.emplace_back(local_port_of(socket), std::move(text));
        }
    } catch (...) {
        // Out of memory: the exchange ends as the failure that it is without this.
    }
    return ::close(socket);
}

std::string LastWords::take(long local_port) {
    std::string text;
    for (auto& [port, heard] : heard_) {
        if (port == local_port) {
            text = std::move(heard);
            port = 0;
        }
    }
    return text;
}

}  // namespace heliograph::http
