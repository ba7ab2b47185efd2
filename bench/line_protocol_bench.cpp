// What a metric costs as text: encoding and decoding of line protocol, beside a plain copy of the same bytes.
#include "bench/harness.hpp"
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/owned_batch.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace heliograph;
using namespace heliograph::line_protocol;

constexpr std::size_t kMetrics = 10'000;

// A solar inverter's port: three tags, five fields, about 157 bytes as a line.
void fill(Batch batch) {
    for (std::size_t i = 0; i < kMetrics; ++i) {
        const auto number = static_cast<std::int64_t>(i);
        const auto wave = static_cast<double>(i % 1'000);
        batch.add("pv_port", 3, 5)
            .tag("inverter", "1164a00" + std::to_string(10'000 + i % 100))
            .tag("port", std::to_string(1 + i % 4))
            .tag("source", "roof")
            .field("energy_total", 4'000'000 + number)
            .field("grid_voltage", (22'800 + wave) / 100)
            .field("link_up", i % 7 != 0)
            .field("pv_power", (1'000 + wave) / 10)
            .field("temperature", (200 + static_cast<double>(i % 97)) / 10)
            .time(1'519'194'109'000'000'042 + number * 1'000'003);
    }
}

}  // namespace

int main(int argument_count, char** arguments) {
    OwnedBatch source;
    fill(source.batch());

    Buffer text;
    Encoder encoder(EncodeSettings{});
    const auto encode = [&] {
        text.clear();
        for (const MetricView metric : source.metrics()) {
            encoder.append(metric, text);
        }
    };
    encode();
    const std::size_t bytes = text.size();

    OwnedBatch target;
    Decoder decoder;
    const std::string kept(text.view());
    std::size_t decoded = 0;
    const auto decode = [&] {
        target.reset();
        Batch batch = target.batch();
        decoded = decoder.decode(kept, batch).decoded;
    };
    decode();
    if (decoded != kMetrics) {
        std::fprintf(stderr, "decoded %zu of %zu metrics\n", decoded, kMetrics);
        return EXIT_FAILURE;
    }

    Buffer copy(bytes);
    const auto memory_copy = [&] {
        std::memcpy(copy.prepare(bytes), kept.data(), bytes);
        bench::keep(copy);
    };

    std::vector<bench::Measurement> measurements;
    measurements.push_back(bench::measure("memcpy of the same bytes", kMetrics, bytes, memory_copy));
    measurements.push_back(bench::measure("encode, dialect v3", kMetrics, bytes, encode));
    encoder = Encoder({.dialect = Dialect::v1});
    measurements.push_back(bench::measure("encode, dialect v1", kMetrics, bytes, encode));
    measurements.push_back(bench::measure("decode, dialect v3", kMetrics, bytes, decode));
    decoder = Decoder(Dialect::v1);
    measurements.push_back(bench::measure("decode, dialect v1", kMetrics, bytes, decode));
    std::fprintf(stderr, "%.1f bytes per metric\n", static_cast<double>(bytes) / kMetrics);
    return bench::report(argument_count, arguments, "metric", measurements);
}
