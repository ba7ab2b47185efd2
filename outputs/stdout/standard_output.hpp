// The output `stdout`: writes metrics to a stream of the process, for people, pipes and first steps.
#pragma once

#include "outputs/stdout/descriptor_writer.hpp"
#include "outputs/stdout/options.hpp"
#include "outputs/stdout/table_format.hpp"
#include "plugins/common/line_protocol/buffer.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/output.hpp>

#include <optional>
#include <string_view>

namespace heliograph::standard_output {

class StandardOutput final : public Output<Options> {
public:
    static constexpr std::string_view kType = "stdout";
    static constexpr std::string_view kSummary = "Writes metrics to standard output, as lines or as tables.";
    static constexpr bool kPartial = true;

    StandardOutput();

    void open() override;
    void write(const MetricSpan& metrics, Verdict& verdict) override;
    void interrupt() noexcept override;

private:
    void format_lines(const MetricSpan& metrics, Verdict& verdict);
    [[nodiscard]] DescriptorWriter& writer() noexcept {
        return options().target == Target::output ? output_ : error_;
    }

    DescriptorWriter output_;
    DescriptorWriter error_;
    line_protocol::Encoder encoder_{{}};
    std::optional<TableFormat> table_;
    line_protocol::Buffer buffer_;  // of one write; kept for its memory
};

}  // namespace heliograph::standard_output
