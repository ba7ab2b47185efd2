#include "inputs/hoymiles_dtu/hoymiles_dtu.hpp"

#include <heliograph/plugin.hpp>

HELIOGRAPH_PLUGIN(heliograph::hoymiles::HoymilesDtu, heliograph::hoymiles::HoymilesDtu::kType,
                  heliograph::hoymiles::HoymilesDtu::kSummary)
