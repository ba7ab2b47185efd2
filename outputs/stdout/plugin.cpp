#include "outputs/stdout/standard_output.hpp"

#include <heliograph/plugin.hpp>

using heliograph::standard_output::StandardOutput;

HELIOGRAPH_PLUGIN(StandardOutput, StandardOutput::kType, StandardOutput::kSummary)
