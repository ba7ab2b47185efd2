// The answers of the strict InfluxDB 3 of the testkit, in the shapes of its endpoints.
#pragma once

#include "plugins/testkit/influxdb3_server.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::testkit {

enum class InfluxDb3Endpoint { v3, v2, v1 };

/// A refused entry of a body.
struct InfluxDb3Refusal {
    std::size_t number = 0;  ///< from 1
    std::string message;
    std::string original;
};

// Most errors of Core are plain text, and none has a Content-Type.
[[nodiscard]] Reply text_error(unsigned status, std::string text);
[[nodiscard]] Reply json_error(unsigned status, std::string_view text);
/// 400 over something that is not a line.
[[nodiscard]] Reply parameter_error(InfluxDb3Endpoint endpoint, std::string text);
[[nodiscard]] Reply too_large(InfluxDb3Endpoint endpoint, std::size_t limit);
/// The good lines are stored.
[[nodiscard]] Reply partial_answer(const std::vector<InfluxDb3Refusal>& refusals, DataForm form);
/// Nothing is stored.
[[nodiscard]] Reply all_or_nothing_answer(const InfluxDb3Refusal& first, InfluxDb3Endpoint endpoint);

}  // namespace heliograph::testkit
