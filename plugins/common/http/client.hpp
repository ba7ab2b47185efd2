// Sends HTTP requests over connections that it keeps: the one place where the project meets libcurl.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::http {

/// Lowest version of TLS that is spoken.
enum class TlsVersion { v1_2, v1_3 };

struct TlsSettings {
    std::string ca_file;           ///< PEM; empty: the system's authorities
    std::string certificate_file;  ///< PEM, for servers that ask who the client is
    std::string key_file;          ///< PEM
    std::string key_password;      ///< secret
    std::string server_name;       ///< the name sent (SNI) and verified; empty: the URL's host
    TlsVersion minimum = TlsVersion::v1_2;
    bool verify = true;
};

struct ClientSettings {
    TlsSettings tls;
    std::string proxy;  ///< URL, may hold a password; empty: the environment's (`https_proxy`, `no_proxy`)
    std::string user_agent;  ///< `Heliograph/0.1.0`
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{10'000};  ///< of a whole exchange, connecting included
    /// A connection is not used again once it is older, so that a changed address is found.
    /// 0: every request has a connection of its own.
    std::chrono::seconds maximum_connection_age{300};
    std::size_t maximum_response_bytes = 4U << 20U;  ///< more of a body is read and thrown away
    std::size_t maximum_connections = 4;             ///< exchanges at once
};

/// One request. Views must stay valid until send returns. It may be sent twice, the second time over a new
/// connection, when a kept connection turns out to be dead or sending breaks off without an answer.
struct Request {
    std::string method = "POST";
    std::string url;  ///< http or https; never logged with its query
    std::vector<std::pair<std::string, std::string>> headers;
    std::string_view body;
    bool body_is_gzip = false;  ///< adds `Content-Encoding: gzip`
};

/// What came back, whatever the status says.
struct Response {
    long status = 0;
    std::string body;          ///< up to maximum_response_bytes
    bool body_cut = false;     ///< there was more, or it broke off; the status holds all the same
    std::string content_type;  ///< as sent, may be empty
    std::string location;      ///< of a redirect, which is never followed
    std::optional<std::chrono::nanoseconds> retry_after;  ///< at most ten minutes
};

/// Why nothing came back.
struct Failure {
    enum class Kind { resolve, connect, proxy, tls, timeout, broken, interrupted, invalid_request };
    /// Finer than the kind, where it changes what a person would do.
    enum class Cause {
        other,
        refused,      ///< of connect and proxy
        unreachable,  ///< of connect and proxy
        proxy_login,  ///< the proxy answered 407 to CONNECT
        connecting,   ///< of timeout: what took too long, as the next two
        sending,
        waiting,
        reset,              ///< of broken
        handshake,          ///< of broken: while TLS was being agreed on
        not_http,           ///< of broken: the answer is something else
        not_tls,            ///< of tls: the far side speaks plainly
        unknown_authority,  ///< of tls, as all below
        self_signed,
        expired,
        not_yet_valid,
        wrong_name,
        certificate_wanted,  ///< the server asks for a client certificate, or refuses the one shown
        own_files,           ///< the files named in the settings are not usable
    };

    Kind kind = Kind::broken;
    Cause cause = Cause::other;
    std::string reason;  ///< for people, without secrets: "connection refused"
    /// The server may have acted on the request: it was sent, and no answer came.
    bool may_have_arrived = false;
};

/// How an exchange ended.
struct Outcome {
    std::optional<Response> response;
    Failure failure;  ///< says something only when there is no response
};

/// Keeps connections open between requests; resolves names anew after a failure and when a connection has
/// reached its maximum age. TLS is verified unless told otherwise. All calls [own strand], interrupt
/// excepted.
class Client {
public:
    /// Throws std::runtime_error naming the setting when a file cannot be read or a setting is not
    /// understood.
    explicit Client(ClientSettings settings);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// One exchange, to its end or its deadline.
    [[nodiscard]] Outcome send(const Request& request);
    /// Several at once, at most maximum_connections; outcomes in the order of the requests. Returns when all
    /// have ended.
    [[nodiscard]] std::vector<Outcome> send_all(std::span<const Request> requests);

    /// Ends what is being sent, and everything sent later, with Kind::interrupted. [any thread]
    void interrupt() noexcept;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace heliograph::http
