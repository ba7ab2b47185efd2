// Keeps what a server said on a connection just before it was closed under a request that was still being
// sent.
#pragma once

#include <curl/curl.h>

#include <string>
#include <utility>
#include <vector>

namespace heliograph::http {

/// A server that refuses a body without reading it answers, closes, and so resets the connection. When the
/// reset is met while sending, libcurl closes the socket with the answer unread in it. This reads it. Of use
/// for plain connections only: what TLS carried cannot be read any more. [own strand]
class LastWords {
public:
    /// A CURLOPT_CLOSESOCKETFUNCTION, with a LastWords as its data.
    static int on_close(void* self, curl_socket_t socket) noexcept;

    /// What was left on the connection from that port of ours; empty when nothing was.
    [[nodiscard]] std::string take(long local_port);
    void forget() { heard_.clear(); }

private:
    std::vector<std::pair<long, std::string>> heard_;
};

}  // namespace heliograph::http
