// What the HTTP server of the testkit needs to know about messages besides reading them.
#pragma once

#include "plugins/testkit/http_server.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace heliograph::testkit {

/// Fills path and query from the target.
void split_target(ReceivedRequest& request);

/// Fills body_text and body_is_valid from the body.
void unpack_body(ReceivedRequest& request);

/// The bytes of an answer.
[[nodiscard]] std::string serialize(const Reply& reply, bool is_head);

/// All members of a gzip text (RFC 1952), or nothing when one of them is broken.
[[nodiscard]] std::optional<std::string> gunzip(std::string_view packed);

}  // namespace heliograph::testkit
