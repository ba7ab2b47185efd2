// Feeds any bytes to the TOML reader and to interpolation, which must end in a document or in problems.
#include "core/config/interpolate.hpp"
#include "core/config/parse.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace heliograph::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Problems problems;
    auto document = parse_toml({reinterpret_cast<const char*>(data), size}, "fuzz.toml", problems);
    if (!document) {
        if (problems.empty()) {
            std::abort();
        }
    } else {
        const Environment environment{.variable =
                                          [](const std::string& name) {
                                              return name == "A" ? std::optional<std::string>("${B}")
                                                                 : std::nullopt;
                                          },
                                      .file =
                                          [](const std::string& path) {
                                              return FileText{path, {}};
                                          }};
        interpolate(*document, environment, problems);
    }
    problems.sort();
    static_cast<void>(problems.to_text());
    return 0;
}
