#include "processors/convert_units/convert_units.hpp"

#include <heliograph/plugin.hpp>

using heliograph::convert_units::ConvertUnits;

HELIOGRAPH_PLUGIN(ConvertUnits, ConvertUnits::kType, ConvertUnits::kSummary)
