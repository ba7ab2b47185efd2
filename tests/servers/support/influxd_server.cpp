#include "tests/servers/support/influxd_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <utility>

namespace heliograph::testing {
namespace {

constexpr ::timeval kTimeout{60, 0};

/// A socket that closes itself.
class Connection {
public:
    explicit Connection(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = ::htons(port);
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
        if (::connect(descriptor_, reinterpret_cast<::sockaddr*>(&address), sizeof address) != 0) {
            ::close(descriptor_);
            throw std::runtime_error("InfluxDB does not take the connection");
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { ::close(descriptor_); }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ::ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                throw std::runtime_error("InfluxDB does not take the request");
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    [[nodiscard]] std::string receive_all() const {
        std::string all;
        char bytes[16384];
        for (;;) {
            const ::ssize_t received = ::recv(descriptor_, bytes, sizeof bytes, 0);
            if (received < 0) {
                throw std::runtime_error("InfluxDB does not answer");
            }
            if (received == 0) {
                return all;
            }
            all.append(bytes, static_cast<std::size_t>(received));
        }
    }

private:
    int descriptor_;
};

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
    return encoded;
}

/// Source: RFC 4180; a line without a cell ends a result.
Rows parse_csv(std::string_view text) {
    Rows rows;
    std::vector<std::string> row;
    std::string cell;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"') {
                cell += c;
            } else if (i + 1 < text.size() && text[i + 1] == '"') {
                cell += text[++i];
            } else {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            row.push_back(std::exchange(cell, {}));
        } else if (c == '\n') {
            row.push_back(std::exchange(cell, {}));
            if (row.size() > 1) {
                rows.push_back(row);
            }
            row.clear();
        } else {
            cell += c;
        }
    }
    return rows;
}

}  // namespace

InfluxdServer::InfluxdServer(Access access)
    : Server("InfluxDB"), access_(access), program_(find_program("influxd", "influxdb")) {
    static_cast<void>(make_folder("data"));
    start_first();
    if (access_ == Access::restricted) {
        query(std::string("CREATE USER ") + kAdministrator + " WITH PASSWORD '" + kPassword +
                  "' WITH ALL PRIVILEGES",
              "");
        query(std::string("CREATE USER ") + kUser + " WITH PASSWORD '" + kPassword + "'", "");
    }
    query(std::string("CREATE DATABASE ") + kDatabase, "");
    if (access_ == Access::restricted) {
        query(std::string("GRANT ALL ON ") + kDatabase + " TO " + kUser, "");
    }
}

InfluxdServer::~InfluxdServer() {
    end();
}

std::string InfluxdServer::url() const {
    return "http://" + host() + ":" + std::to_string(port());
}

Rows InfluxdServer::query(const std::string& influxql, std::string_view database) {
    const std::string parameters = "db=" + percent_encoded(database) + "&q=" + percent_encoded(influxql);
    std::string target = "/query";
    if (access_ == Access::restricted) {
        target += std::string("?u=") + kAdministrator + "&p=" + percent_encoded(kPassword);
    }
    const HttpAnswer answer =
        request("POST", target, parameters,
                "Accept: application/csv\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    if (answer.status != 200) {
        throw std::runtime_error("InfluxDB answered " + std::to_string(answer.status) + ": " + answer.body);
    }
    return parse_csv(answer.body);
}

HttpAnswer InfluxdServer::request(std::string_view method, std::string_view target, std::string_view body,
                                  std::string_view headers) const {
    const Connection connection(port());
    // By HTTP/1.0 the answer ends with the connection and is in one piece.
    connection.send(std::string(method) + " " + std::string(target) + " HTTP/1.0\r\nHost: " + host() +
                    "\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + std::string(body));
    const std::string received = connection.receive_all();
    const std::size_t head = received.find("\r\n\r\n");
    if (!received.starts_with("HTTP/1.") || head == std::string::npos) {
        throw std::runtime_error("InfluxDB gave no answer");
    }
    return {std::stoi(received.substr(std::string_view("HTTP/1.x ").size(), 3)), received.substr(head + 4)};
}

std::vector<std::string> InfluxdServer::command() const {
    const auto path = folder() / "influxd.conf";
    std::ofstream(path) << configuration();
    return {program_.string(), "run", "-config", path.string()};
}

std::string InfluxdServer::configuration() const {
    const std::string folder = "\"" + data().string() + "/";
    return "reporting-disabled = true\nbind-address = \"127.0.0.1:0\"\n[meta]\ndir = " + folder +
           "meta\"\n[data]\ndir = " + folder + "data\"\nwal-dir = " + folder +
           "wal\"\n[monitor]\nstore-enabled = false\n[http]\nlog-enabled = false\nbind-address = "
           "\"127.0.0.1:" +
           std::to_string(port()) +
           "\"\nauth-enabled = " + (access_ == Access::restricted ? "true" : "false") + "\n";
}

bool InfluxdServer::is_ready() {
    try {
        return request("GET", "/ping").status == 204;
    } catch (const std::runtime_error&) {
        return false;
    }
}

int InfluxdServer::stop_signal() const {
    return SIGTERM;
}

int InfluxdServer::quick_stop_signal() const {
    return SIGKILL;
}

}  // namespace heliograph::testing
