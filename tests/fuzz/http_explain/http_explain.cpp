// Whatever comes back, and whatever the URL, the explanation is one line of bounded length without secrets.
#include "plugins/common/http/ending.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace heliograph::http;

/// The input up to its next line end, which it loses.
std::string_view next_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    return line;
}

}  // namespace

/// Lines: the status by its last three characters, URL, Content-Type, Location; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    Outcome outcome;
    auto& response = outcome.response.emplace();
    for (const char c : next_line(rest).substr(0, 3)) {
        response.status = response.status * 10 + (static_cast<unsigned char>(c) % 10);
    }
    const std::string url(next_line(rest));
    response.content_type = next_line(rest);
    response.location = next_line(rest);
    response.body = rest;

    static_cast<void>(classify(outcome));
    const auto text = explain(outcome, url);
    if (text.find_first_of("\r\n") != std::string::npos ||
        text.size() > 2 * url.size() + response.location.size() + 600) {
        std::abort();
    }
    // What follows the last @ of a path, or precedes it, is not looked for: only a password in its place is.
    const auto guarded = without_secrets("http://user:pass-word@" + url);
    if (guarded.find("pass-word") != std::string::npos && url.find("pass-word") == std::string::npos) {
        std::abort();
    }
    return 0;
}
