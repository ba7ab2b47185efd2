// What can be wrong with the options of the processor `convert_units`, seen with the declarations upstream.
#pragma once

#include "processors/convert_units/conversion_rules.hpp"

#include <heliograph/host.hpp>

namespace heliograph::convert_units {

/// Reports text that is no unit, units that cannot be converted into each other, fields whose unit nobody
/// knows, and names that collide. [setup]
void check_rules(const ConversionRules& rules, bool keep_original, Problems& problems);

}  // namespace heliograph::convert_units
