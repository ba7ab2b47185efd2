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

}  // namespace
}  // namespace heliograph::delivery
