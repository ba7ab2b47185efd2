#include "core/delivery/buffer.hpp"
#include "tests/integration/driver/workspace.hpp"
#include "tests/unit/core/delivery/memory_files.hpp"
#include "tests/unit/core/delivery/numbered.hpp"
#include "tests/unit/core/delivery/told.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace heliograph::delivery {
namespace {

using namespace std::chrono_literals;
using Clock = Buffer::Clock;

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
    Buffer::Losses append(BatchRef batch) { return buffer.append(std::move(batch), now += 1h); }
    std::vector<int> take(std::size_t most) { return numbers_of(buffer.take(most)); }

    Told told;
    std::shared_ptr<BatchPool> pool = BatchPool::make();
    Clock::time_point now = Clock::now();
    Buffer buffer;
    std::size_t restored = 0;
};

/// Takes and delivers everything.
std::vector<int> drain(Buffer& buffer, Buffer::Losses* losses = nullptr) {
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
BatchRef wide(BatchPool& pool, int first, int count) {
    static const std::string filler(2000, 'w');
    BatchRef batch = pool.acquire();
    for (int i = first; i < first + count; ++i) {
        batch.exclusive().batch().add("m", 0, 2).field("n", i).field("filler", filler);
    }
    return batch;
}

/// Segments of 64 KiB, and room for seven of them.
constexpr std::uint64_t kSmallDisk = std::uint64_t{512} << 10;

TEST_CASE("Whatever is kept, and whenever the process dies, exactly what was not delivered comes back",
          "[unit][delivery]") {
    const std::size_t memory = GENERATE(std::size_t{1}, std::size_t{20'000}, SIZE_MAX / 2);
    CAPTURE(memory);
    MemoryFiles files;
    std::mt19937 random(20261123);
    const BufferSettings settings{.limit_bytes = memory, .batch_size = 37};
    auto it = std::make_unique<DiskBuffer>(files, settings);
    int next = 0;
    std::vector<int> waiting;
    for (int round = 0; round < 1500; ++round) {
        const auto dice = random() % 100;
        if (dice < 45) {
            const int count = 1 + static_cast<int>(random() % 60);
            CHECK(it->append(numbered(*it->pool, next, count)).dropped == 0);
            for (int i = 0; i < count; ++i) {
                waiting.push_back(next++);
            }
        } else if (dice < 95) {
            const auto taken = it->take(1 + random() % 50);
            REQUIRE(taken.empty() == waiting.empty());
            REQUIRE(taken.size() <= waiting.size());
            REQUIRE(std::equal(taken.begin(), taken.end(), waiting.begin()));
            std::vector<bool> kept(taken.size());
            std::vector<int> left;
            for (std::size_t i = 0; i < taken.size(); ++i) {
                kept[i] = random() % 3 == 0;
                if (kept[i]) {
                    left.push_back(taken[i]);
                }
            }
            left.insert(left.end(), waiting.begin() + static_cast<std::ptrdiff_t>(taken.size()),
                        waiting.end());
            waiting = std::move(left);
            const auto losses = it->buffer.finish(kept);
            REQUIRE(losses.damaged + losses.dropped == 0);
        } else {
            if (random() % 2 == 0) {
                it->buffer.clear();
            }
            it = std::make_unique<DiskBuffer>(files, settings);
            REQUIRE(it->restored == waiting.size());
            REQUIRE(it->buffer.bytes() == 0);
        }
        REQUIRE(it->buffer.size() == waiting.size());
        REQUIRE((it->buffer.bytes() == 0 || !waiting.empty()));
    }
    CHECK(drain(it->buffer) == waiting);
    CHECK(it->buffer.bytes() == 0);
    CHECK(it->told.lines.empty());
    CHECK(DiskBuffer(files, settings).restored == 0);
}

TEST_CASE("Metrics that are out when the process dies come back", "[unit][delivery]") {
    MemoryFiles files;
    {
        DiskBuffer it(files, {.batch_size = 10});
        it.append(numbered(*it.pool, 0, 25));
        CHECK(it.take(SIZE_MAX) == range(0, 9));
    }
    DiskBuffer it(files, {.batch_size = 10});
    CHECK(it.restored == 25);
    CHECK(drain(it.buffer) == range(0, 24));
}

TEST_CASE("Metrics that only memory can hold keep their place, and the limit counts their batches",
          "[unit][delivery]") {
    MemoryFiles files;
    const auto mixed = [](BatchPool& pool, int first) {
        BatchRef batch = pool.acquire();
        for (int i = first; i < first + 10; ++i) {
            // A name that begins with # would be a comment in line protocol.
            Batch metrics = batch.exclusive().batch();
            auto&& metric = i % 4 == 1 ? metrics.add("#m", 0, 1) : metrics.add("m", 0, 1);
            metric.field("n", i);
        }
        return batch;
    };
    const std::size_t one = mixed(*BatchPool::make(), 0).footprint();
    DiskBuffer it(files, {.limit_bytes = 3 * one, .batch_size = 7});
    std::size_t dropped = 0;
    for (int i = 0; i < 10; ++i) {
        dropped += it.append(mixed(*it.pool, 10 * i)).dropped;
        REQUIRE(it.buffer.bytes() <= 3 * one);
    }
    // Of the batches that had to leave memory those are dropped that are on no disk.
    std::vector<int> want;
    for (int i = 0; i < 100; ++i) {
        if (i % 4 != 1 || i >= 70) {
            want.push_back(i);
        }
    }
    CHECK(dropped == 100 - want.size());
    CHECK_FALSE(it.buffer.is_on_disk());
    CHECK(drain(it.buffer) == want);
    CHECK(it.buffer.bytes() == 0);
}

TEST_CASE("Pieces of a batch that come back count as the batch until the last is gone", "[unit][delivery]") {
    MemoryFiles files;
    DiskBuffer it(files, {});
    it.append(numbered(*it.pool, 0, 10));
    const std::size_t whole = it.buffer.bytes();
    CHECK(it.take(6) == range(0, 5));
    it.buffer.finish({false, true, false, true, false, false});
    CHECK(it.buffer.bytes() == whole);
    CHECK(it.take(1) == range(1, 1));
    it.buffer.finish({false});
    CHECK(it.buffer.bytes() == whole);
    CHECK(it.take(2) == std::vector<int>{3, 6});
    it.buffer.finish({false, false});
    CHECK(it.buffer.bytes() == whole);
    CHECK(drain(it.buffer) == range(7, 9));
    CHECK(it.buffer.bytes() == 0);
}

TEST_CASE("Memory stays within its limit however much waits on disk", "[unit][delivery]") {
    MemoryFiles files;
    constexpr std::size_t kLimit = 256 << 10;
    constexpr int kMetrics = 100'000;
    {
        DiskBuffer it(files, {.limit_bytes = kLimit});
        for (int i = 0; i < kMetrics; i += 500) {
            REQUIRE(it.append(numbered(*it.pool, i, 500)).dropped == 0);
            REQUIRE(it.buffer.bytes() <= kLimit);
        }
        CHECK(it.buffer.size() == kMetrics);
        CHECK(it.buffer.is_on_disk());
    }
    DiskBuffer it(files, {.limit_bytes = kLimit});
    CHECK(it.restored == kMetrics);
    std::vector<int> numbers;
    std::size_t most = 0;
    while (it.buffer.size() != 0) {
        const auto some = it.take(SIZE_MAX);
        most = std::max(most, it.buffer.bytes());
        numbers.insert(numbers.end(), some.begin(), some.end());
        it.buffer.finish(std::vector<bool>(some.size(), false));
    }
    CHECK(numbers == range(0, kMetrics - 1));
    CHECK(most < kLimit + (std::size_t{2} << 20));  // one record, loaded, beside what the limit holds
    CHECK(it.buffer.bytes() == 0);
}

TEST_CASE("What comes behind a backlog takes no memory until that is worked off", "[unit][delivery]") {
    MemoryFiles files;
    {
        DiskBuffer it(files, {});
        it.append(numbered(*it.pool, 0, 5000));
    }
    DiskBuffer it(files, {.batch_size = 100});
    for (int i = 5000; i < 6000; i += 100) {
        it.append(numbered(*it.pool, i, 100));
        CHECK(it.buffer.bytes() == 0);
    }
    CHECK(drain(it.buffer) == range(0, 5999));
    it.append(numbered(*it.pool, 6000, 100));
    CHECK(it.buffer.bytes() != 0);
    CHECK(drain(it.buffer) == range(6000, 6099));
}

TEST_CASE("A full disk drops the oldest, counted to the metric", "[unit][delivery]") {
    MemoryFiles files;
    const std::size_t memory = GENERATE(std::size_t{1}, std::size_t{64} << 20);
    DiskBuffer it(files, {.limit_bytes = memory, .batch_size = 10}, {.limit_bytes = kSmallDisk});
    std::size_t dropped = 0;
    for (int i = 0; i < 100; ++i) {
        dropped += it.append(wide(*it.pool, 10 * i, 10)).dropped;
        REQUIRE(it.buffer.size() + dropped == static_cast<std::size_t>(10 * (i + 1)));
        std::uint64_t bytes = 0;
        for (const std::string& name : files.names_in("/buffers/out")) {
            bytes += files.bytes_of("/buffers/out/" + name).size();
        }
        REQUIRE(bytes < kSmallDisk + 32'768);
    }
    CHECK(dropped > 500);
    CHECK(drain(it.buffer) == range(static_cast<int>(dropped), 999));
    CHECK(it.told.lines.empty());
    CHECK(it.buffer.bytes() == 0);
}

TEST_CASE("What is out while its segment is dropped is delivered or kept all the same", "[unit][delivery]") {
    MemoryFiles files;
    DiskBuffer it(files, {.limit_bytes = 100'000, .batch_size = 25}, {.limit_bytes = kSmallDisk});
    it.append(wide(*it.pool, 0, 20));
    it.append(wide(*it.pool, 20, 20));
    const auto out = it.take(25);
    REQUIRE(out == range(0, 24));
    std::size_t dropped = 0;
    for (int i = 40; i < 400; i += 10) {
        dropped += it.append(wide(*it.pool, i, 10)).dropped;
    }
    CHECK(dropped > 100);
    std::vector<bool> kept(25, false);
    kept[3] = kept[24] = true;
    dropped += it.buffer.finish(kept).dropped;
    std::vector<int> want{3, 24};
    Buffer::Losses losses;
    const auto rest = drain(it.buffer, &losses);
    for (int i = 400 - static_cast<int>(rest.size()) + 2; i < 400; ++i) {
        want.push_back(i);
    }
    CHECK(rest == want);
    CHECK(losses.damaged == 0);
    CHECK(dropped + losses.dropped + 23 + rest.size() == 400);
    CHECK(it.buffer.bytes() == 0);
}

TEST_CASE("A full disk holds a blocked append until enough is delivered, or until it is let through",
          "[unit][delivery]") {
    MemoryFiles files;
    const bool by_delivery = GENERATE(true, false);
    DiskBuffer it(files, {.when_full = WhenFull::block, .batch_size = 10}, {.limit_bytes = kSmallDisk});
    std::atomic<int> appended{0};
    auto appends = std::async(std::launch::async, [&] {
        std::size_t dropped = 0;
        for (int i = 0; i < 100; ++i) {
            dropped += it.append(wide(*it.pool, 10 * i, 10)).dropped;
            ++appended;
        }
        return dropped;
    });
    while (it.buffer.size() < 200) {
        std::this_thread::yield();
    }
    CHECK(appends.wait_for(20ms) == std::future_status::timeout);
    std::vector<int> numbers;
    if (by_delivery) {
        while (appended < 100) {
            const auto some = drain(it.buffer);
            numbers.insert(numbers.end(), some.begin(), some.end());
        }
    } else {
        it.buffer.let_through();
    }
    CHECK(appends.get() == 0);
    const auto some = drain(it.buffer);
    numbers.insert(numbers.end(), some.begin(), some.end());
    CHECK(numbers == range(0, 999));
}

TEST_CASE("A limit smaller than a segment does not hold an append for ever", "[unit][delivery]") {
    MemoryFiles files;
    DiskBuffer it(files, {.when_full = WhenFull::block, .batch_size = 10}, {.limit_bytes = 1});
    int next = 0;
    auto appends = std::async(std::launch::async, [&] {
        for (int i = 0; i < 30; ++i) {
            it.append(wide(*it.pool, 10 * i, 10));
        }
    });
    std::vector<int> numbers;
    while (appends.wait_for(0s) != std::future_status::ready || it.buffer.size() != 0) {
        const auto some = drain(it.buffer);
        numbers.insert(numbers.end(), some.begin(), some.end());
        ++next;
    }
    CHECK(numbers == range(0, 299));
}

TEST_CASE("An append that waits for a disk that could not note the delivery goes on once it can",
          "[unit][delivery]") {
    MemoryFiles files;
    DiskBuffer it(files, {.when_full = WhenFull::block, .batch_size = 10}, {.limit_bytes = kSmallDisk});
    int appended = 0;
    while (it.buffer.size() < 230) {
        it.append(wide(*it.pool, appended, 10));
        appended += 10;
    }
    auto blocked = std::async(std::launch::async, [&] { it.append(wide(*it.pool, appended, 10)); });
    CHECK(blocked.wait_for(10ms) == std::future_status::timeout);
    // Everything is in memory, so the delivery needs no disk but for its note.
    files.fail_from(files.operations(), UINT64_MAX, std::errc::io_error);
    CHECK(drain(it.buffer) == range(0, appended - 1));
    CHECK(blocked.wait_for(10ms) == std::future_status::timeout);
    files.heal();
    it.buffer.sync_if_due();
    REQUIRE(blocked.wait_for(10s) == std::future_status::ready);
    CHECK(drain(it.buffer) == range(appended, appended + 9));
}

TEST_CASE("clear stores what was in memory only, even right after the disk failed", "[unit][delivery]") {
    MemoryFiles files;
    {
        DiskBuffer it(files, {});
        it.append(numbered(*it.pool, 0, 5));
        files.fail_from(files.operations(), UINT64_MAX, std::errc::no_space_on_device);
        it.append(numbered(*it.pool, 5, 5));
        CHECK_FALSE(it.buffer.is_on_disk());
        files.heal();
        const auto rest = it.buffer.clear();
        CHECK(rest.on_disk == 10);
        CHECK(rest.lost == 0);
    }
    DiskBuffer it(files, {});
    CHECK(it.restored == 10);
    CHECK(drain(it.buffer) == range(0, 9));
}

TEST_CASE("clear says what is lost when the disk never came back", "[unit][delivery]") {
    MemoryFiles files;
    files.fail_from(0, UINT64_MAX, std::errc::permission_denied);
    DiskBuffer it(files, {});
    it.append(numbered(*it.pool, 0, 5));
    CHECK(it.buffer.size() == 5);
    CHECK(it.buffer.clear().lost == 5);
    CHECK(it.told.failures() == 1);
}

TEST_CASE("An earlier run's metrics are found when the disk comes back, and go first", "[unit][delivery]") {
    MemoryFiles files;
    {
        DiskBuffer it(files, {});
        it.append(numbered(*it.pool, 0, 5));
    }
    files.fail_from(0, UINT64_MAX, std::errc::io_error);
    DiskBuffer it(files, {});
    CHECK(it.restored == 0);
    CHECK(it.append(numbered(*it.pool, 5, 5)).restored == 0);
    files.heal();
    CHECK(it.append(numbered(*it.pool, 10, 5)).restored == 5);
    CHECK(it.buffer.size() == 15);
    CHECK(drain(it.buffer) == range(0, 14));
}

TEST_CASE("Damaged records are counted, and what comes behind them is delivered", "[unit][delivery]") {
    MemoryFiles files;
    {
        DiskBuffer it(files, {});
        for (int i = 0; i < 5; ++i) {
            it.append(numbered(*it.pool, 10 * i, 10));
        }
    }
    std::string& bytes = files.bytes_of("/buffers/out/" + segment_name(0));
    bytes[bytes.find("n=25i")] = 'x';
    bytes[bytes.find("n=3i")] = 'x';
    DiskBuffer it(files, {});
    CHECK(it.restored == 50);
    Buffer::Losses losses;
    std::vector<int> want = range(10, 19);
    for (int i = 30; i < 50; ++i) {
        want.push_back(i);
    }
    CHECK(drain(it.buffer, &losses) == want);
    CHECK(losses.damaged == 20);
    CHECK(it.buffer.bytes() == 0);
}

TEST_CASE("A folder that somebody empties costs what was only there, and the buffer goes on",
          "[unit][delivery]") {
    MemoryFiles files;
    DiskBuffer it(files, {.limit_bytes = 1});
    it.append(numbered(*it.pool, 0, 10));  // the first stays in memory
    it.append(numbered(*it.pool, 10, 10));
    files.unlink_folder("/buffers/out");
    it.append(numbered(*it.pool, 20, 10));
    Buffer::Losses losses;
    const auto numbers = drain(it.buffer, &losses);
    CHECK(numbers.size() + losses.damaged == 30);
    CHECK(std::vector<int>(numbers.end() - 10, numbers.end()) == range(20, 29));
    DiskBuffer again(files, {});
    CHECK(again.restored == 0);
}

/// A buffer's life: appends, and deliveries of which a part is kept.
template <class Appended, class Delivered>
void live(DiskBuffer& it, Appended on_append, Delivered on_delivery) {
    for (int step = 0; step < 10; ++step) {
        const auto losses = it.append(wide(*it.pool, 15 * step, 15));
        on_append(15 * step, losses);
        if (step % 3 == 2) {
            it.buffer.sync_if_due();
        }
        if (step % 2 == 1) {
            const auto taken = it.take(20);
            std::vector<bool> kept(taken.size());
            std::vector<int> delivered;
            for (std::size_t i = 0; i < taken.size(); ++i) {
                kept[i] = i % 5 == 2;
                if (!kept[i]) {
                    delivered.push_back(taken[i]);
                }
            }
            const auto lost = it.buffer.finish(kept);
            REQUIRE(lost.damaged + lost.dropped == 0);
            on_delivery(delivered);
        }
    }
}

TEST_CASE(
    "A file system that fails any of its calls costs nothing while the process lives, and is told of once",
    "[unit][delivery]") {
    const std::errc error =
        GENERATE(std::errc::no_space_on_device, std::errc::io_error, std::errc::read_only_file_system);
    // With little memory, metrics that several failures keep from the disk would have to be dropped.
    const std::uint64_t failures = GENERATE(1U, 7U);
    const std::size_t memory = failures == 1 ? 1 : std::size_t{64} << 20;
    for (std::uint64_t operation = 0;; ++operation) {
        CAPTURE(error, failures, memory, operation);
        MemoryFiles files;
        files.fail_from(operation, failures, error);
        std::vector<int> all;
        {
            DiskBuffer it(files, {.limit_bytes = memory, .batch_size = 20},
                          {.limit_bytes = kSmallDisk, .sync = Sync::always});
            live(
                it, [](int, const Buffer::Losses& losses) { REQUIRE(losses.dropped + losses.restored == 0); },
                [&](const std::vector<int>& delivered) {
                    all.insert(all.end(), delivered.begin(), delivered.end());
                });
            files.heal();
            it.append(wide(*it.pool, 150, 1));
            it.buffer.sync_if_due();
            Buffer::Losses losses;
            const auto rest = drain(it.buffer, &losses);
            REQUIRE(losses.damaged + losses.dropped == 0);
            all.insert(all.end(), rest.begin(), rest.end());
            REQUIRE(it.told.failures() == it.told.recoveries());
            REQUIRE(it.told.failures() <= (failures == 1 ? 1U : 4U));
            REQUIRE(it.buffer.bytes() == 0);
        }
        std::sort(all.begin(), all.end());
        REQUIRE(all == range(0, 150));
        REQUIRE(DiskBuffer(files, {}, {.limit_bytes = kSmallDisk}).restored == 0);
        if (files.failures() == 0) {
            CHECK(operation > 30);
            break;
        }
    }
}

TEST_CASE("After a crash between any two calls of the file system all that was taken in is there",
          "[unit][delivery]") {
    const bool loses_power = GENERATE(false, true);
    const std::size_t memory = GENERATE(std::size_t{1}, std::size_t{64} << 20);
    const Sync sync = loses_power ? Sync::always : Sync::every_second;
    for (std::uint64_t operation = 0;; ++operation) {
        CAPTURE(loses_power, memory, operation);
        MemoryFiles files;
        files.fail_from(operation, UINT64_MAX, std::errc::io_error);
        std::vector<bool> taken_in(150);
        std::vector<bool> delivered(150);
        std::vector<bool> settled(150);
        {
            DiskBuffer it(files, {.limit_bytes = memory, .batch_size = 20},
                          {.limit_bytes = kSmallDisk, .sync = sync});
            const auto append = [&](int first, const Buffer::Losses&) {
                for (int i = first; i < first + 15; ++i) {
                    taken_in[static_cast<std::size_t>(i)] = files.failures() == 0;
                }
            };
            const auto deliver = [&](const std::vector<int>& numbers) {
                for (const int number : numbers) {
                    delivered[static_cast<std::size_t>(number)] = true;
                    settled[static_cast<std::size_t>(number)] = files.failures() == 0;
                }
            };
            live(it, append, deliver);
        }
        const bool crashed = files.failures() != 0;
        files.heal();
        if (loses_power) {
            files.lose_power();
        }
        DiskBuffer it(files, {}, {.limit_bytes = kSmallDisk});
        Buffer::Losses losses;
        const auto numbers = drain(it.buffer, &losses);
        REQUIRE(std::is_sorted(numbers.begin(), numbers.end()));
        REQUIRE(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
        std::vector<bool> found(150);
        for (const int number : numbers) {
            found[static_cast<std::size_t>(number)] = true;
            REQUIRE_FALSE(settled[static_cast<std::size_t>(number)]);
        }
        for (std::size_t i = 0; i < 150; ++i) {
            REQUIRE((!taken_in[i] || delivered[i] || found[i]));
        }
        REQUIRE(numbers.size() + losses.damaged == it.restored);
        if (!crashed) {
            CHECK(operation > 30);
            break;
        }
    }
}

TEST_CASE("Several writers, a reader and a syncer pass everything on once, through a folder",
          "[unit][delivery]") {
    const Sync sync = GENERATE(Sync::always, Sync::every_second);
    const WhenFull when_full = GENERATE(WhenFull::block, WhenFull::drop_oldest);
    const testing::Workspace workspace;
    DiskBuffer it(FileSystem::system(),
                  {.limit_bytes = 30'000, .when_full = when_full, .batch_size = 50, .flush_interval = 0s},
                  {.folder = workspace.file("out"), .limit_bytes = kSmallDisk, .sync = sync});
    constexpr int kWriters = 3;
    constexpr int kEach = 1000;
    std::atomic<std::size_t> dropped{0};
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int w = 0; w < kWriters; ++w) {
        threads.emplace_back([&, w] {
            for (int i = 0; i < kEach; i += 10) {
                dropped += it.buffer.append(wide(*it.pool, w * kEach + i, 10), Clock::now()).dropped;
            }
        });
    }
    std::thread syncer([&] {
        while (!done) {
            it.buffer.sync_if_due();
            std::this_thread::yield();
        }
    });
    std::vector<int> seen(kWriters * kEach);
    std::size_t delivered = 0;
    std::size_t lost = 0;
    std::mt19937 random(7);
    const auto deliver_some = [&] {
        const auto taken = it.take(SIZE_MAX);
        std::vector<bool> kept(taken.size());
        for (std::size_t i = 0; i < taken.size(); ++i) {
            kept[i] = random() % 8 == 0;
            if (!kept[i]) {
                ++seen[static_cast<std::size_t>(taken[i])];
                ++delivered;
            }
        }
        const auto losses = it.buffer.finish(kept);
        lost += losses.dropped;
        CHECK(losses.damaged == 0);
    };
    auto writers = std::async(std::launch::async, [&] {
        for (auto& thread : threads) {
            thread.join();
        }
    });
    while (writers.wait_for(0s) != std::future_status::ready || it.buffer.size() != 0) {
        deliver_some();
    }
    done = true;
    syncer.join();
    CHECK(delivered + dropped + lost == kWriters * kEach);
    CHECK(std::all_of(seen.begin(), seen.end(), [](int count) { return count <= 1; }));
    CHECK((when_full == WhenFull::drop_oldest || delivered == kWriters * kEach));
    CHECK(it.buffer.bytes() == 0);
    CHECK(it.told.lines.empty());
}

}  // namespace
}  // namespace heliograph::delivery
