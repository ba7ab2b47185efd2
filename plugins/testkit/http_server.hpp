// A real HTTP/1.1 server inside a test: it records what it is sent, answers as told, and fails on request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::testkit {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A request as it arrived.
struct ReceivedRequest {
    std::string method;
    std::string target;          ///< as on the request line
    std::string path;            ///< without query, as sent; of an absolute target (a proxy's) its path
    HttpFields query;            ///< decoded, in the order sent
    HttpFields headers;          ///< in the order sent
    std::string body;            ///< as on the wire, but for the chunks
    std::string body_text;       ///< unpacked when the Content-Encoding is gzip, else the body
    bool body_is_valid = true;   ///< false when it should be gzip and is not
    std::size_t connection = 0;  ///< counts from 1

    /// The value of the first header of that name, whatever its case; empty when there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
    [[nodiscard]] bool has_header(std::string_view name) const;
    /// The value of the first query parameter of that name; empty when there is none.
    [[nodiscard]] std::string parameter(std::string_view name) const;
    [[nodiscard]] bool has_parameter(std::string_view name) const;
};

/// How a connection ends before its time.
enum class HttpFault {
    none,
    close,  ///< an orderly end (FIN)
    reset,  ///< RST
    stall,  ///< nothing more happens until the server stops
};

/// What to answer, and how to misbehave. The length header is added; 1xx, 204 and 304 are sent without body.
struct Reply {
    unsigned status = 204;
    HttpFields headers{};
    std::string body{};

    std::chrono::milliseconds delay{0};  ///< before anything is sent
    bool close = false;                  ///< says `Connection: close`, and closes
    bool drop_connection = false;  ///< closes after the answer without having said so: a dead kept connection
    std::size_t piece_size = 0;    ///< not 0: the answer is sent in pieces of so many bytes
    std::chrono::milliseconds piece_pause{0};  ///< before each piece but the first
    HttpFault fault = HttpFault::none;
    std::size_t fault_after = 0;  ///< so many bytes of the answer, from its first line on, precede the fault
};

/// PEM texts; see certificates.hpp.
struct ServerTls {
    std::string certificate;
    std::string key;
    std::string client_authority{};  ///< not empty: clients must show a certificate of this authority
};

struct HttpServerSettings {
    /// Answers a request whose body has been read. Calls never overlap.
    std::function<Reply(const ReceivedRequest&)> handler;
    /// Asked when only the headers have been read: an answer is sent without reading the body, and the
    /// connection closed. May be empty.
    std::function<std::optional<Reply>(const ReceivedRequest&)> before_body{};
    /// Asked at once for every connection, by its number. May be empty.
    std::function<HttpFault(std::size_t)> on_connect{};
    std::optional<ServerTls> tls{};
    std::uint16_t port = 0;  ///< 0: a free one
};

/// Listens on 127.0.0.1, with a thread for each connection. A CONNECT that its handler answers by 200 becomes
/// a tunnel to the port named in its target, on loopback; any other proxying is the handler's business.
class HttpServer {
public:
    /// Throws boost::system::system_error when it cannot listen, or when the certificate is none.
    explicit HttpServer(HttpServerSettings settings);
    /// Answers every request by `handler`.
    explicit HttpServer(std::function<Reply(const ReceivedRequest&)> handler);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// `http://127.0.0.1:port` (or https) and the path.
    [[nodiscard]] std::string url(std::string_view path = "") const;

    /// What came so far, in the order in which it was complete. [any thread]
    [[nodiscard]] std::vector<ReceivedRequest> requests() const;
    /// Connections accepted so far. [any thread]
    [[nodiscard]] std::size_t connections() const;
    /// Waits until so many requests came; false when they did not within half a minute. [any thread]
    [[nodiscard]] bool wait_for_requests(std::size_t count) const;

    /// Ends every connection and every wait, and frees the port. What was recorded stays.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace heliograph::testkit
