// Feeds any bytes to the TOML reader and to interpolation, which must end in a document or in problems.
#include "tests/fuzz/config_document.hpp"

#include <cstddef>
#include <cstdint>

using namespace heliograph::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Problems problems;
    exercise(parse_toml({reinterpret_cast<const char*>(data), size}, "fuzz.toml", problems), problems);
    return 0;
}
