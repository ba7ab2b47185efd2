// An input: says how long the machine has been up.
#include <heliograph/plugin.hpp>

#include <array>
#include <fstream>

namespace {

class Uptime final : public heliograph::Input<heliograph::NoOptions> {
public:
    // What comes out, with units: convert_units knows them from here.
    static constexpr auto kDeclarations = std::to_array<hg_declaration>({
        heliograph::declare_field("system", "uptime", heliograph::ValueType::floating, "s",
                                  "Time since the machine was started"),
    });

    void gather(heliograph::Accumulator& accumulator) override {
        std::ifstream file("/proc/uptime");
        double seconds = 0;
        if (!(file >> seconds)) {
            throw heliograph::Retry("cannot read /proc/uptime");
        }
        accumulator.add("system").field("uptime", seconds);
    }
};

}  // namespace

HELIOGRAPH_PLUGIN(Uptime, "uptime", "Says how long the machine has been up.")
