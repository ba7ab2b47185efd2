// Makes the list of DTUs out of the options and says what is wrong with it.
#pragma once

#include "inputs/hoymiles_dtu/dtu_address.hpp"
#include "inputs/hoymiles_dtu/options.hpp"

#include <heliograph/host.hpp>

#include <string>
#include <vector>

namespace heliograph::hoymiles {

struct DtuEntry {
    DtuAddress address;
    /// Value of the tag dtu_name.
    std::string name;
};

/// The DTUs of a node in the order of the config, host before hosts. What cannot be used is reported, if
/// `problems` is given, and left out: text that is no address, one DTU twice, names for hosts that are not
/// there.
std::vector<DtuEntry> list_dtus(const Options& options, Problems* problems = nullptr);

}  // namespace heliograph::hoymiles
