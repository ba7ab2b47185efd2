// Whatever a server writes into Retry-After, the wait is between nothing and ten minutes.
#include "plugins/common/http/retry_after.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // 6 November 1994, 08:49:37 UTC: the example of RFC 9110, so that the seeds lie on both sides of it.
    const std::chrono::system_clock::time_point now(std::chrono::seconds(784'111'777));
    const auto wait = heliograph::http::parse_retry_after(text, now);
    if (wait && (*wait < std::chrono::nanoseconds(0) || *wait > heliograph::http::kLongestRetryAfter)) {
        std::abort();
    }
    return 0;
}
