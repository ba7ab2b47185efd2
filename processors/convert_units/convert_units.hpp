// The processor `convert_units`: converts fields into other units, by what their inputs declare.
#pragma once

#include "processors/convert_units/conversion_rules.hpp"
#include "processors/convert_units/options.hpp"
#include "processors/convert_units/treatment_cache.hpp"

#include <heliograph/processor.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace heliograph::convert_units {

class ConvertUnits final : public Processor<Options> {
public:
    static constexpr std::string_view kType = "convert_units";
    static constexpr std::string_view kSummary = "Converts fields into other units.";

    void check(Problems& problems) override;
    void open() override;
    void process(Batch& batch) override;
    void close() noexcept override;
    void each_declaration(const std::function<void(const Declaration&)>& receive);

private:
    /// What could not be done in one batch.
    struct Tally {
        std::int64_t unknown_units = 0;
        std::int64_t unlike_units = 0;
        std::int64_t names_taken = 0;
    };

    [[nodiscard]] ConversionRules make_rules() const;
    void convert_fields(Metric metric, Tally& tally);
    void apply(Metric& metric, hg_field& field, const Treatment& treatment, Tally& tally);
    Treatment decide(std::string_view measurement, std::string_view field);
    void report(const Tally& tally) const;

    std::optional<ConversionRules> rules_;
    TreatmentCache cache_;
    int warnings_ = 0;
};

}  // namespace heliograph::convert_units
