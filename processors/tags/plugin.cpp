#include "processors/tags/tags.hpp"

#include <heliograph/plugin.hpp>

HELIOGRAPH_PLUGIN(heliograph::tags::Tags, heliograph::tags::Tags::kType, heliograph::tags::Tags::kSummary)
