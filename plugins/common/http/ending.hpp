// What the outcome of a write over HTTP means for the data that was sent.
#pragma once

#include "plugins/common/http/client.hpp"

#include <string>
#include <string_view>

namespace heliograph::http {

/// Who can put it right, and so what happens to the data.
enum class Ending {
    accepted,  ///< written
    retry,     ///< time: keep, send again after a backoff
    alarm,     ///< a person: keep, send again slowly
    split,     ///< smaller pieces
    refused,   ///< nobody: something in the body is refused for good
};

/// Sorts an outcome by its failure, status and content type; a server's own dialect of error bodies is looked
/// at by whoever speaks to that server. A 2xx that carries HTML, and any redirect, is an alarm: a captive
/// portal or a login page answered; a 4xx that carries HTML too, since something in between made it and the
/// data was not looked at. [any thread]
[[nodiscard]] Ending classify(const Outcome& outcome) noexcept;

/// Whether a web page came back, which no database sends: by its type or its first character. [any thread]
[[nodiscard]] bool is_html(const Response& response) noexcept;

/// For people: what came back, or why nothing did, and what to do about it, in one line without secrets:
/// "connection refused by db.local:8181; is the server running, and is this its port?". `url` is what was
/// sent to; its user information and its query are left out. [any thread]
[[nodiscard]] std::string explain(const Outcome& outcome, std::string_view url);

/// A URL fit for a log: without user information, query and fragment. [any thread]
[[nodiscard]] std::string without_secrets(std::string_view url);

}  // namespace heliograph::http
