// A processor: drops what the site "test" says.
#include <heliograph/plugin.hpp>

namespace {

class DropTests final : public heliograph::Processor<heliograph::NoOptions> {
public:
    static constexpr bool kPure = true;  // no state, so it may run on several threads at once

    void process(heliograph::Batch& batch) override {
        batch.filter_if([](heliograph::MetricView metric) { return metric.tag("site") == "test"; });
    }
};

}  // namespace

HELIOGRAPH_PLUGIN(DropTests, "drop_tests", "Drops what the site \"test\" says.")
