// The answers to a write that the table test goes through, one row per answer.
#pragma once

#include "plugins/testkit/http_server.hpp"

#include <heliograph/abi.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace heliograph::influxdb_v3::test {

inline constexpr std::size_t kSent = 5;  // metrics in the write of a row

/// An answer to the first request of a write; further requests are stored, as the fake does without a fault.
struct Row {
    std::string name;
    std::string api;
    testkit::Reply reply;
    std::int32_t status = HG_OK;
    std::set<std::size_t> rejected{};
    std::size_t accepted = 0;
    std::size_t requests = 1;
    std::string error{};  ///< part of the error's text, or of the first reason
    std::chrono::nanoseconds retry_after{};
};

/// A line as Core names it in `data`.
inline std::string named(int line, const std::string& message = "invalid line") {
    return R"({"error_message":")" + message + R"(","line_number":)" + std::to_string(line) +
           R"(,"original_line":"power,port=0 watts=0"})";
}

/// Of /api/v3/write_lp, and of what may stand before any endpoint.
[[nodiscard]] std::vector<Row> rows_of_v3();
/// Of /api/v2/write and /write, by all products.
[[nodiscard]] std::vector<Row> rows_of_older_apis();

}  // namespace heliograph::influxdb_v3::test
