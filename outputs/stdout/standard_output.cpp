#include "outputs/stdout/standard_output.hpp"

#include "outputs/stdout/json_format.hpp"

#include <unistd.h>

#include <cstdint>

namespace heliograph::standard_output {

StandardOutput::StandardOutput()
    : output_(STDOUT_FILENO, "standard output"), error_(STDERR_FILENO, "standard error") {}

void StandardOutput::open() {
    table_.emplace(options().time_zone);
    writer().open();
}

void StandardOutput::interrupt() noexcept {
    output_.interrupt();
    error_.interrupt();
}

void StandardOutput::write(const MetricSpan& metrics, Verdict& verdict) {
    buffer_.clear();
    switch (options().format) {
        case Format::line_protocol:
            format_lines(metrics, verdict);
            break;
        case Format::json:
            for (const MetricView metric : metrics) {
                append_json(buffer_, metric);
            }
            break;
        case Format::table:
            table_->append(buffer_, metrics);
            break;
    }
    writer().write(buffer_.view());
}

void StandardOutput::format_lines(const MetricSpan& metrics, Verdict& verdict) {
    std::int64_t dropped_fields = 0;
    std::int64_t dropped_tags = 0;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const line_protocol::EncodeResult result = encoder_.append(metrics[i], buffer_);
        if (result.status != line_protocol::EncodeStatus::ok) {
            verdict.reject(i, line_protocol::describe(result.status));
            continue;
        }
        dropped_fields += result.dropped_fields;
        dropped_tags += result.dropped_tags;
    }
    if (dropped_fields != 0) {
        host().count("dropped_fields", dropped_fields);
    }
    if (dropped_tags != 0) {
        host().count("dropped_tags", dropped_tags);
    }
}

}  // namespace heliograph::standard_output
