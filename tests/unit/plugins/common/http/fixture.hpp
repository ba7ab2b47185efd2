// What the tests of the HTTP client share: settings that do not depend on the machine, and files for a while.
#pragma once

#include "plugins/common/http/client.hpp"
#include "plugins/testkit/http_server.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace heliograph::http {

using testkit::HttpFault;
using testkit::HttpServer;
using testkit::ReceivedRequest;
using testkit::Reply;

/// With deadlines that no healthy exchange meets on a slow machine, and without a proxy of this machine.
inline ClientSettings patient_settings() {
    ::unsetenv("http_proxy");
    ::unsetenv("https_proxy");
    ::unsetenv("HTTPS_PROXY");
    ::unsetenv("all_proxy");
    ::unsetenv("ALL_PROXY");
    ClientSettings settings;
    settings.user_agent = "Heliograph/test";
    settings.connect_timeout = std::chrono::seconds(60);
    settings.timeout = std::chrono::seconds(60);
    return settings;
}

/// With a deadline that is soon over, for servers that stall; long enough to connect on a slow machine.
inline ClientSettings hasty_settings() {
    auto settings = patient_settings();
    settings.timeout = std::chrono::seconds(2);
    return settings;
}

inline Request post(const std::string& url, std::string_view body = "body") {
    return {.method = "POST", .url = url, .headers = {}, .body = body};
}

/// A folder of a test's own, gone at its end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "heliograph-http-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path, error);
    }
    /// Writes a file and gives its path.
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
    std::filesystem::path path;
};

}  // namespace heliograph::http
