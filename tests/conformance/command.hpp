// Runs the real program and keeps what it says.
#pragma once

#include "tests/integration/driver/workspace.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace heliograph::conformance {

using testing::Workspace;

struct Result {
    int code = -1;
    std::string output;  // standard output and error
};

/// Arguments as a shell would take them.
inline Result run_heliograph(const std::string& arguments) {
    const std::string line = "'" HELIOGRAPH_BINARY_DIR "/heliograph' " + arguments + " 2>&1 </dev/null";
    std::FILE* pipe = ::popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    Result result;
    std::array<char, 4096> part{};
    for (std::size_t size = 0; (size = std::fread(part.data(), 1, part.size(), pipe)) != 0;) {
        result.output.append(part.data(), size);
    }
    const int status = ::pclose(pipe);
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

}  // namespace heliograph::conformance
