// Turns a libcurl error into one that says what went wrong, for people.
#pragma once

#include "plugins/common/http/client.hpp"

#include <curl/curl.h>

#include <string_view>

namespace heliograph::http {

/// What is known of an exchange that ended without a response.
struct Symptoms {
    CURLcode code = CURLE_OK;
    std::string_view text{};     ///< libcurl's own words
    long system_error = 0;       ///< errno of the failed connect
    long verify_result = 0;      ///< of the certificate, as OpenSSL numbers it
    long proxy_status = 0;       ///< of a CONNECT
    bool through_proxy = false;  ///< a proxy is configured
    bool resolved = false;       ///< the name was
    bool connected = false;      ///< so far that a request could be sent
    bool sent = false;           ///< the request, to its end
};

[[nodiscard]] Failure diagnose(const Symptoms& symptoms);

}  // namespace heliograph::http
