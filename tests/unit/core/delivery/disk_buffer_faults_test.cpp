#include "tests/integration/driver/workspace.hpp"
#include "tests/unit/core/delivery/disk_buffer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace heliograph::delivery {
namespace {

using namespace std::chrono_literals;
using Clock = Buffer::Clock;

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

TEST_CASE("A folder that another buffer uses is left alone until that is gone", "[unit][delivery]") {
    const testing::Workspace workspace;
    const DiskSettings disk{.folder = workspace.file("deep/er/out")};
    auto first = std::make_unique<DiskBuffer>(FileSystem::system(), BufferSettings{}, disk);
    first->append(numbered(*first->pool, 0, 5));
    DiskBuffer second(FileSystem::system(), {}, disk);
    second.append(numbered(*second.pool, 5, 5));
    CHECK_FALSE(second.buffer.is_on_disk());
    REQUIRE(second.told.failures() == 1);
    CHECK(second.told.lines.front().find("another program uses it") != std::string::npos);
    first.reset();
    CHECK(second.append(numbered(*second.pool, 10, 5)).restored == 5);
    CHECK(drain(second.buffer) == range(0, 14));
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
