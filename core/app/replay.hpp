// Delivers metrics from files through one output of a config.
#pragma once

#include "core/app/program.hpp"

namespace heliograph::app {

/// `heliograph buffer replay NODE FILE...`: each file is line protocol, such as a dead letter or an export,
/// or the folder of a buffer. Returns an exit code: kSuccess when all of it was accepted.
int replay(const Arguments& arguments);

}  // namespace heliograph::app
