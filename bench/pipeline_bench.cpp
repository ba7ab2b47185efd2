// What a metric costs on its whole way through the program: decode, tags, convert, encode, through the host's
// own twins.
#include "bench/harness.hpp"
#include "core/config/interpolate.hpp"
#include "core/config/option_values.hpp"
#include "core/config/parse.hpp"
#include "core/delivery/buffer.hpp"
#include "core/runtime/processor_twin.hpp"
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"
#include "processors/convert_units/convert_units.hpp"
#include "processors/tags/tags.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace heliograph;

constexpr std::size_t kMetrics = 10'000;
constexpr std::size_t kBatch = 1'000;

/// Reads a node's options from TOML, as the program does, and makes it ready to process.
class Node {
public:
    Node(const hg_descriptor& descriptor, std::string_view toml)
        : module_{"bench", &descriptor},
          host_({log_, ledger_, state_}, "processors.bench", "bench", {}, LogLevel::error) {
        config::Problems problems;
        const auto document = config::parse_toml(toml, "bench.toml", problems);
        const std::array<std::span<const hg_option* const>, 1> sets{
            std::span(descriptor.options, descriptor.option_count)};
        const auto values = config::read_options(document->root, sets, {}, "bench", problems);
        std::string error;
        auto instance = runtime::Instance::create(module_, host_.door(), error);
        if (!problems.empty() || instance == nullptr || !instance->configure(values.front()).ok()) {
            throw std::runtime_error("bench config: " + problems.to_text() + error);
        }
        twin_ = std::make_unique<runtime::ProcessorTwin>(
            host_, std::move(instance), runtime::ProcessorSettings{}, delivery::BatchPool::make());
        if (!twin_->open()) {
            throw std::runtime_error("bench config: the processor cannot be opened");
        }
    }
    [[nodiscard]] runtime::ProcessorTwin& twin() { return *twin_; }

private:
    loader::Module module_;
    observe::Log log_;
    observe::Ledger ledger_;
    runtime::StateStore state_;
    runtime::PluginHost host_;
    std::unique_ptr<runtime::ProcessorTwin> twin_;
};

/// The end of the way: each batch as line protocol.
class EncodingSink final : public runtime::Sink {
public:
    void accept(delivery::BatchRef batch) override {
        out.clear();
        for (const MetricView metric : batch.metrics()) {
            encoder_.append(metric, out);
        }
        metrics += batch.size();
    }
    line_protocol::Buffer out;
    std::size_t metrics = 0;

private:
    line_protocol::Encoder encoder_{line_protocol::EncodeSettings{}};
};

class CountingSink final : public runtime::Sink {
public:
    void accept(delivery::BatchRef batch) override { metrics += batch.size(); }
    std::size_t metrics = 0;
};

/// A solar inverter's port: three tags, five fields, about 157 bytes as a line.
void fill(Batch batch, std::size_t count) {
    static constexpr std::array<std::string_view, 4> kPorts{"1", "2", "3", "4"};
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<std::int64_t>(i);
        const auto wave = static_cast<double>(i % 1'000);
        batch.add("pv_port", 3, 5)
            .tag("inverter", "1164a0010042")
            .tag("port", kPorts[i % 4])
            .tag("source", "roof")
            .field("energy_total", 4'000'000 + number)
            .field("grid_voltage", (22'800 + wave) / 100)
            .field("link_up", i % 7 != 0)
            .field("pv_power", (1'000 + wave) / 10)
            .field("temperature", (200 + static_cast<double>(i % 97)) / 10)
            .time(1'519'194'109'000'000'042 + number * 1'000'003);
    }
}

/// The text in pieces of a batch each.
std::vector<std::string> make_text() {
    OwnedBatch source;
    std::vector<std::string> pieces;
    line_protocol::Encoder encoder(line_protocol::EncodeSettings{});
    for (std::size_t i = 0; i < kMetrics / kBatch; ++i) {
        source.reset();
        fill(source.batch(), kBatch);
        line_protocol::Buffer out;
        for (const MetricView metric : source.metrics()) {
            encoder.append(metric, out);
        }
        pieces.emplace_back(out.view());
    }
    return pieces;
}

}  // namespace

int main(int argument_count, char** arguments) {
    const std::vector<std::string> pieces = make_text();
    std::size_t bytes = 0;
    for (const std::string& piece : pieces) {
        bytes += piece.size();
    }
    const auto& tags_descriptor = descriptor<tags::Tags>(tags::Tags::kType, tags::Tags::kSummary);
    const auto& convert_descriptor = descriptor<convert_units::ConvertUnits>(
        convert_units::ConvertUnits::kType, convert_units::ConvertUnits::kSummary);
    constexpr std::string_view kTags = "add = { site = \"home\" }\n";
    constexpr std::string_view kUnits =
        "fields = { pv_power = \"kW\" }\nsource_units = { pv_power = \"W\" }\n";

    std::vector<bench::Measurement> measurements;
    std::vector<char> copy(bytes);
    measurements.push_back(bench::measure("memcpy of the same bytes", kMetrics, bytes, [&] {
        std::size_t at = 0;
        for (const std::string& piece : pieces) {
            std::memcpy(copy.data() + at, piece.data(), piece.size());
            at += piece.size();
        }
        bench::keep(copy);
    }));

    const auto pool = delivery::BatchPool::make();
    measurements.push_back(bench::measure("batch build", kMetrics, bytes, [&] {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            delivery::BatchRef batch = pool->acquire();
            fill(batch.exclusive().batch(), kBatch);
        }
    }));

    line_protocol::Decoder decoder;
    const auto decode = [&](const std::string& piece) {
        delivery::BatchRef batch = pool->acquire();
        Batch metrics = batch.exclusive().batch();
        if (decoder.decode(piece, metrics).decoded != kBatch) {
            std::abort();
        }
        return batch;
    };
    {
        Node tag_node(tags_descriptor, kTags);
        Node unit_node(convert_descriptor, kUnits);
        CountingSink end;
        tag_node.twin().readers().add(unit_node.twin());
        unit_node.twin().readers().add(end);
        // The processors change what they are given, so each run builds its batches anew, as the line above
        // does alone.
        measurements.push_back(
            bench::measure("batch build and two processors in a row", kMetrics, bytes, [&] {
                for (std::size_t i = 0; i < pieces.size(); ++i) {
                    delivery::BatchRef batch = pool->acquire();
                    fill(batch.exclusive().batch(), kBatch);
                    tag_node.twin().accept(std::move(batch));
                }
            }));
    }
    {
        Node tag_node(tags_descriptor, kTags);
        Node unit_node(convert_descriptor, kUnits);
        EncodingSink end;
        tag_node.twin().readers().add(unit_node.twin());
        unit_node.twin().readers().add(end);
        measurements.push_back(
            bench::measure("whole pipeline: decode, tags, convert_units, encode", kMetrics, bytes, [&] {
                for (const std::string& piece : pieces) {
                    tag_node.twin().accept(decode(piece));
                }
            }));
        if (end.metrics == 0 || end.out.view().find("site=home") == std::string_view::npos) {
            std::fprintf(stderr, "the pipeline did not do its work\n");
            return EXIT_FAILURE;
        }
    }
    {
        Node tag_node(tags_descriptor, kTags);
        Node unit_node(convert_descriptor, kUnits);
        EncodingSink first;
        EncodingSink second;
        tag_node.twin().readers().add(first);
        tag_node.twin().readers().add(unit_node.twin());
        unit_node.twin().readers().add(second);
        measurements.push_back(bench::measure(
            "the same with a fan-out to a second encoder, which makes a copy", kMetrics, bytes, [&] {
                for (const std::string& piece : pieces) {
                    tag_node.twin().accept(decode(piece));
                }
            }));
    }
    {
        delivery::Buffer buffer({.batch_size = kBatch});
        measurements.push_back(bench::measure("decode and through a memory buffer", kMetrics, bytes, [&] {
            const std::vector<bool> none(kBatch, false);
            for (const std::string& piece : pieces) {
                buffer.append(decode(piece), delivery::Buffer::Clock::now());
                static_cast<void>(buffer.take(kBatch));
                buffer.finish(none);
            }
        }));
    }
    return bench::report(argument_count, arguments, "metric", measurements);
}
