// What the disk buffer costs over the memory buffer, beside a plain write of the same bytes to the same disk.
// It works in TMPDIR.
#include "bench/harness.hpp"
#include "core/delivery/buffer.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace heliograph;
using namespace heliograph::delivery;
using Clock = Buffer::Clock;

constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kBatches = 100;
constexpr std::size_t kMetrics = kBatch * kBatches;
/// How often the batches are appended where the clock on the wall is looked at.
constexpr std::size_t kRounds = 20;

class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() / ("heliograph-bench-" + std::to_string(getpid()))) {
        std::filesystem::create_directories(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A solar inverter's port: three tags, five fields, about 157 bytes as a line.
void fill(Batch batch, std::size_t first) {
    static constexpr std::array<std::string_view, 4> kPorts{"1", "2", "3", "4"};
    for (std::size_t i = first; i < first + kBatch; ++i) {
        const auto wave = static_cast<double>(i % 1'000);
        batch.add("pv_port", 3, 5)
            .tag("inverter", "1164a0010042")
            .tag("port", kPorts[i % 4])
            .tag("source", "roof")
            .field("energy_total", 4'000'000 + static_cast<std::int64_t>(i))
            .field("grid_voltage", (22'800 + wave) / 100)
            .field("link_up", i % 7 != 0)
            .field("pv_power", (1'000 + wave) / 10)
            .field("temperature", (200 + static_cast<double>(i % 97)) / 10)
            .time(1'519'194'109'000'000'042 + static_cast<std::int64_t>(i) * 1'000'003);
    }
}

/// Batches, and each of them as text.
struct Data {
    Data() {
        line_protocol::Encoder encoder(line_protocol::EncodeSettings{});
        for (std::size_t i = 0; i < kBatches; ++i) {
            BatchRef batch = pool->acquire();
            fill(batch.exclusive().batch(), i * kBatch);
            line_protocol::Buffer out;
            for (const MetricView metric : batch.metrics()) {
                encoder.append(metric, out);
            }
            texts.emplace_back(out.view());
            bytes += out.size();
            batches.push_back(std::move(batch));
        }
    }
    std::shared_ptr<BatchPool> pool = BatchPool::make();
    std::vector<BatchRef> batches;
    std::vector<std::string> texts;
    std::size_t bytes = 0;
};

/// Memory for nothing makes every metric go by way of the disk.
std::unique_ptr<Buffer> disk_buffer(const Data& data, const std::filesystem::path& folder, Sync sync,
                                    std::size_t memory) {
    DiskSettings disk{folder, "outputs.bench", std::uint64_t{4} << 30, sync};
    auto store = std::make_unique<DiskStore>(
        std::move(disk), [](bool, const std::string& line) { throw std::runtime_error("bench: " + line); });
    auto buffer = std::make_unique<Buffer>(BufferSettings{.limit_bytes = memory, .batch_size = kBatch},
                                           std::move(store), data.pool);
    static_cast<void>(buffer->open(Clock::now()));
    return buffer;
}

void append_all(Buffer& buffer, const Data& data) {
    for (const BatchRef& batch : data.batches) {
        if (buffer.append(batch, Clock::now()).dropped != 0) {
            throw std::runtime_error("bench: the buffer dropped metrics");
        }
    }
}

void deliver_all(Buffer& buffer) {
    static const std::vector<bool> none(kBatch, false);
    while (buffer.size() != 0) {
        if (buffer.take(kBatch).size() == 0) {
            throw std::runtime_error("bench: nothing could be taken");
        }
        buffer.finish(none);
    }
}

/// Each batch is delivered before the next comes.
void pass_all(Buffer& buffer, const Data& data) {
    static const std::vector<bool> none(kBatch, false);
    for (const BatchRef& batch : data.batches) {
        buffer.append(batch, Clock::now());
        static_cast<void>(buffer.take(kBatch));
        buffer.finish(none);
    }
}

void write_all(int file, const Data& data, std::uint64_t& offset) {
    for (const std::string& text : data.texts) {
        if (FileSystem::system().write(file, text, offset)) {
            throw std::runtime_error("bench: the disk cannot be written");
        }
        offset += text.size();
    }
}

/// Calls something every second while it lives.
class EverySecond {
public:
    template <class Call>
    explicit EverySecond(Call call)
        : thread_([this, call] {
              auto next = Clock::now() + std::chrono::seconds(1);
              while (!done_) {
                  if (Clock::now() >= next) {
                      call();
                      next += std::chrono::seconds(1);
                  }
                  std::this_thread::sleep_for(std::chrono::milliseconds(5));
              }
          }) {}
    EverySecond(const EverySecond&) = delete;
    EverySecond& operator=(const EverySecond&) = delete;
    ~EverySecond() {
        done_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> done_{false};
    std::thread thread_;
};

/// The best of three, in metrics per second of the clock on the wall.
template <class Body>
void report_wall(const char* name, const Data& data, Body body) {
    double best = 0;
    for (int run = 0; run < 3; ++run) {
        const auto begin = Clock::now();
        body();
        const std::chrono::duration<double> time = Clock::now() - begin;
        best = std::max(best, static_cast<double>(kMetrics * kRounds) / time.count());
    }
    std::printf("%-64s %12.0f metrics/s %8.0f MB/s\n", name, best,
                best * static_cast<double>(data.bytes) / static_cast<double>(kMetrics) / 1e6);
}

void report_walls(const Data& data, const Folder& folder) {
    std::printf("\nBy the clock on the wall, %zu metrics, synced every second and at the end\n",
                kMetrics * kRounds);
    report_wall("plain sequential write", data, [&] {
        std::error_code error;
        auto& files = FileSystem::system();
        const File file(files, files.open(folder.path() / "plain", FileSystem::Mode::write, error));
        const int descriptor = file.get();
        const EverySecond sync([&files, descriptor] { static_cast<void>(files.sync(descriptor)); });
        std::uint64_t offset = 0;
        for (std::size_t round = 0; round < kRounds; ++round) {
            write_all(descriptor, data, offset);
        }
        static_cast<void>(files.sync(descriptor));
        static_cast<void>(files.remove(folder.path() / "plain"));
    });
    for (const std::size_t memory : {std::size_t{1}, std::size_t{64} << 20}) {
        report_wall(
            memory == 1 ? "disk buffer, 1s: append" : "disk buffer, 1s: append and deliver from memory", data,
            [&] {
                const auto path = folder.path() / "wall";
                const auto buffer = disk_buffer(data, path, Sync::every_second, memory);
                {
                    const EverySecond sync([&buffer] { buffer->sync_if_due(); });
                    for (std::size_t round = 0; round < kRounds; ++round) {
                        if (memory == 1) {
                            append_all(*buffer, data);
                        } else {
                            pass_all(*buffer, data);
                        }
                    }
                }
                buffer->sync_if_due();
                std::filesystem::remove_all(path);
            });
    }
    const auto path = folder.path() / "drain";
    const auto buffer = disk_buffer(data, path, Sync::never, 1);
    for (std::size_t round = 0; round < 3 * kRounds; ++round) {
        append_all(*buffer, data);
    }
    report_wall("disk buffer: drain", data, [&] {
        static const std::vector<bool> none(kBatch, false);
        for (std::size_t left = kMetrics * kRounds; left != 0 && buffer->size() != 0;) {
            const std::size_t taken = buffer->take(std::min(left, kBatch)).size();
            buffer->finish(std::vector<bool>(taken, false));
            left -= taken;
        }
    });
}

}  // namespace

int main(int argument_count, char** arguments) {
    const Data data;
    const Folder folder;
    std::vector<bench::Measurement> measurements;
    const auto measure = [&](const char* name, const auto& body) {
        measurements.push_back(bench::measure(name, kMetrics, data.bytes, body));
    };

    std::vector<char> copy(data.bytes);
    measure("memcpy of the same bytes", [&] {
        std::size_t at = 0;
        for (const std::string& text : data.texts) {
            std::memcpy(copy.data() + at, text.data(), text.size());
            at += text.size();
        }
        bench::keep(copy);
    });
    {
        std::error_code error;
        auto& files = FileSystem::system();
        const File file(files, files.open(folder.path() / "plain", FileSystem::Mode::write, error));
        measure("plain sequential write", [&] {
            static_cast<void>(files.truncate(file.get(), 0));
            std::uint64_t offset = 0;
            write_all(file.get(), data, offset);
        });
        measure("plain sequential write, synced", [&] {
            static_cast<void>(files.truncate(file.get(), 0));
            std::uint64_t offset = 0;
            write_all(file.get(), data, offset);
            static_cast<void>(files.sync(file.get()));
        });
    }
    line_protocol::Encoder encoder(line_protocol::EncodeSettings{});
    line_protocol::Buffer out;
    measure("encode", [&] {
        for (const BatchRef& batch : data.batches) {
            out.clear();
            for (const MetricView metric : batch.metrics()) {
                encoder.append(metric, out);
            }
        }
    });
    {
        Buffer buffer({.batch_size = kBatch});
        measure("memory buffer: append and deliver", [&] { pass_all(buffer, data); });
    }
    const auto with_disk = [&](const char* name, Sync sync, std::size_t memory, const auto& body) {
        const auto path = folder.path() / "buffer";
        {
            const auto buffer = disk_buffer(data, path, sync, memory);
            measure(name, [&] { body(*buffer); });
        }
        std::filesystem::remove_all(path);
    };
    constexpr std::size_t kMuch = std::size_t{64} << 20;
    with_disk("disk buffer, never: append and deliver", Sync::never, kMuch,
              [&](Buffer& buffer) { pass_all(buffer, data); });
    with_disk("disk buffer, 1s: append and deliver", Sync::every_second, kMuch, [&](Buffer& buffer) {
        pass_all(buffer, data);
        buffer.sync_if_due();
    });
    with_disk("disk buffer, never: append", Sync::never, 1,
              [&](Buffer& buffer) { append_all(buffer, data); });
    with_disk("disk buffer, never: append and drain from disk", Sync::never, 1, [&](Buffer& buffer) {
        append_all(buffer, data);
        deliver_all(buffer);
    });
    const int result = bench::report(argument_count, arguments, "metric", measurements);
    if (argument_count == 1) {
        report_walls(data, folder);
    }
    return result;
}
