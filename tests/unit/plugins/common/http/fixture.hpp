// What the tests of the HTTP client share: settings that do not depend on the machine.
#pragma once

#include "plugins/common/http/client.hpp"
#include "plugins/testkit/http_server.hpp"
#include "tests/integration/driver/workspace.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

namespace heliograph::http {

using testing::Workspace;
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

}  // namespace heliograph::http
