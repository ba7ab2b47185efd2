// What a user may set of the processor `convert_units`, declared once.
#pragma once

#include <heliograph/options.hpp>

namespace heliograph::convert_units {

struct Options {
    TextMap fields;
    TextMap source_units;
    TextMap rename;
    bool keep_original = false;

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::fields>("fields",
                                             "Units to convert to: field = unit. A field may be a pattern, "
                                             "and \"measurement:field\" is one of one "
                                             "measurement only; the first entry that matches counts.")
            .required()
            .example(R"({ pv_power = "kW", "port:*_production" = "kWh" })"),
        heliograph::option<&Options::source_units>("source_units",
                                                   "Units that fields come in, where no input declares them "
                                                   "or what it declares is wrong: field = unit."),
        heliograph::option<&Options::rename>("rename",
                                             "Names for converted fields: field = new name, in which {field} "
                                             "and {unit} stand for the old name and "
                                             "the new unit."),
        heliograph::option<&Options::keep_original>(
            "keep_original", "Whether a renamed field also stays under its old name and in its old unit."));
};

}  // namespace heliograph::convert_units
