// A buffer on disk for tests, and how to empty it.
#pragma once

#include "core/delivery/buffer.hpp"
#include "tests/unit/core/delivery/memory_files.hpp"
#include "tests/unit/core/delivery/numbered.hpp"
#include "tests/unit/core/delivery/told.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heliograph::delivery {

/// A buffer with a folder. Its clock moves an hour with every append, so that no failure is waited for.
struct DiskBuffer {
    DiskBuffer(FileSystem& files, BufferSettings settings, DiskSettings disk = {})
        : buffer(settings, std::make_unique<DiskStore>(with_folder(std::move(disk)), told.tell(), files),
                 pool) {
        restored = buffer.open(now);
    }

    static DiskSettings with_folder(DiskSettings disk) {
        if (disk.folder.empty()) {
            disk.folder = "/buffers/out";
        }
        disk.owner = "outputs.out";
        return disk;
    }
    Buffer::Losses append(BatchRef batch) {
        return buffer.append(std::move(batch), now += std::chrono::hours(1));
    }
    std::vector<int> take(std::size_t most) { return numbers_of(buffer.take(most)); }

    Told told;
    std::shared_ptr<BatchPool> pool = BatchPool::make();
    Buffer::Clock::time_point now = Buffer::Clock::now();
    Buffer buffer;
    std::size_t restored = 0;
};

/// Takes and delivers everything.
inline std::vector<int> drain(Buffer& buffer, Buffer::Losses* losses = nullptr) {
    std::vector<int> numbers;
    for (int idle = 0; buffer.size() != 0;) {
        const auto some = numbers_of(buffer.take(SIZE_MAX));
        numbers.insert(numbers.end(), some.begin(), some.end());
        const Buffer::Losses lost = buffer.finish(std::vector<bool>(some.size(), false));
        if (losses != nullptr) {
            losses->damaged += lost.damaged;
            losses->dropped += lost.dropped;
        }
        idle = some.empty() ? idle + 1 : 0;
        REQUIRE(idle < 10);
    }
    return numbers;
}

/// Metrics of about two kilobytes, so that few of them fill a segment.
inline BatchRef wide(BatchPool& pool, int first, int count) {
    static const std::string filler(2000, 'w');
    BatchRef batch = pool.acquire();
    for (int i = first; i < first + count; ++i) {
        batch.exclusive().batch().add("m", 0, 2).field("n", i).field("filler", filler);
    }
    return batch;
}

/// Segments of 64 KiB, and room for seven of them.
inline constexpr std::uint64_t kSmallDisk = std::uint64_t{512} << 10;

}  // namespace heliograph::delivery
