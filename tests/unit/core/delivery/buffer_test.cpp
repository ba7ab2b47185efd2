#include "core/delivery/buffer.hpp"

#include "tests/unit/core/delivery/numbered.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace heliograph::delivery {
namespace {

using namespace std::chrono_literals;
using Clock = Buffer::Clock;
using Work = Buffer::Work;

/// The end of waits that a test does not expect to last.
Clock::time_point soon() {
    return Clock::now() + 10s;
}

std::vector<bool> all(bool kept, std::size_t count) {
    return std::vector<bool>(count, kept);
}

/// Takes everything, batch by batch.
std::vector<int> drain(Buffer& buffer) {
    std::vector<int> numbers;
    while (buffer.size() != 0) {
        const MetricSpan metrics = buffer.take(SIZE_MAX);
        const auto some = numbers_of(metrics);
        numbers.insert(numbers.end(), some.begin(), some.end());
        buffer.finish(all(false, metrics.size()));
    }
    return numbers;
}

TEST_CASE("Metrics come out in the order in which they went in, and the accounts return to nothing",
          "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({});
    CHECK(buffer.append(numbered(*pool, 0, 5), Clock::now()).dropped == 0);
    CHECK(buffer.append(numbered(*pool, 5, 1), Clock::now()).dropped == 0);
    CHECK(buffer.append(numbered(*pool, 6, 10), Clock::now()).dropped == 0);
    CHECK(buffer.size() == 16);
    CHECK(buffer.bytes() > 0);
    CHECK(drain(buffer) == range(0, 15));
    CHECK(buffer.size() == 0);
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("A large batch is taken in pieces of batch_size", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({.batch_size = 30});
    buffer.append(numbered(*pool, 0, 70), Clock::now());
    buffer.append(numbered(*pool, 70, 10), Clock::now());
    std::vector<std::size_t> sizes;
    std::vector<int> numbers;
    while (buffer.size() != 0) {
        const MetricSpan metrics = buffer.take(SIZE_MAX);
        sizes.push_back(metrics.size());
        const auto some = numbers_of(metrics);
        numbers.insert(numbers.end(), some.begin(), some.end());
        buffer.finish(all(false, metrics.size()));
    }
    CHECK(sizes == std::vector<std::size_t>{30, 30, 20});
    CHECK(numbers == range(0, 79));
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("Fewer metrics can be taken than a batch holds", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({});
    buffer.append(numbered(*pool, 0, 10), Clock::now());
    CHECK(numbers_of(buffer.take(1)) == range(0, 0));
    buffer.finish({false});
    CHECK(numbers_of(buffer.take(4)) == range(1, 4));
    buffer.finish({false, true, false, true});
    CHECK(drain(buffer) == std::vector<int>{2, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("Kept metrics come first again, in their order", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({.batch_size = 6});
    buffer.append(numbered(*pool, 0, 4), Clock::now());
    buffer.append(numbered(*pool, 4, 4), Clock::now());
    CHECK(numbers_of(buffer.take(SIZE_MAX)) == range(0, 5));
    buffer.append(numbered(*pool, 8, 2), Clock::now());  // while they are out
    CHECK(buffer.size() == 10);
    buffer.finish({true, false, true, true, false, true});
    CHECK(buffer.size() == 8);
    CHECK(numbers_of(buffer.take(SIZE_MAX)) == std::vector<int>{0, 2, 3, 5, 6, 7});
    buffer.finish(all(true, 6));
    CHECK(drain(buffer) == std::vector<int>{0, 2, 3, 5, 6, 7, 8, 9});
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("Whatever is kept and however often, nothing is lost or doubled and no byte is left",
          "[unit][delivery]") {
    const auto pool = BatchPool::make();
    std::mt19937 random(20260621);
    Buffer buffer({.limit_bytes = SIZE_MAX / 2, .batch_size = 37});
    int next = 0;
    std::vector<int> waiting;
    for (int round = 0; round < 2000; ++round) {
        if (random() % 2 == 0) {
            const int count = 1 + static_cast<int>(random() % 60);
            buffer.append(numbered(*pool, next, count), Clock::now());
            for (int i = 0; i < count; ++i) {
                waiting.push_back(next++);
            }
        } else if (buffer.size() != 0) {
            const auto taken = numbers_of(buffer.take(1 + random() % 50));
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
            buffer.finish(kept);
        }
        REQUIRE(buffer.size() == waiting.size());
        REQUIRE((buffer.bytes() == 0) == waiting.empty());
    }
    CHECK(drain(buffer) == waiting);
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("A full buffer drops the oldest and says how many", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const std::size_t one = numbered(*pool, 0, 10).footprint();
    Buffer buffer({.limit_bytes = 3 * one});
    for (int i = 0; i < 3; ++i) {
        CHECK(buffer.append(numbered(*pool, 10 * i, 10), Clock::now()).dropped == 0);
    }
    CHECK(buffer.append(numbered(*pool, 30, 10), Clock::now()).dropped == 10);
    CHECK(buffer.append(numbered(*pool, 40, 10), Clock::now()).dropped == 10);
    CHECK(buffer.bytes() <= 3 * one);
    CHECK(buffer.size() == 30);
    CHECK(drain(buffer) == range(20, 49));
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("What is out to be written is never dropped", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const std::size_t one = numbered(*pool, 0, 10).footprint();
    Buffer buffer({.limit_bytes = 2 * one, .batch_size = 10});
    buffer.append(numbered(*pool, 0, 10), Clock::now());
    buffer.append(numbered(*pool, 10, 10), Clock::now());
    CHECK(numbers_of(buffer.take(SIZE_MAX)) == range(0, 9));
    CHECK(buffer.append(numbered(*pool, 20, 10), Clock::now()).dropped == 10);
    buffer.finish(all(true, 10));
    std::vector<int> want = range(0, 9);
    for (int i = 20; i < 30; ++i) {
        want.push_back(i);
    }
    CHECK(drain(buffer) == want);
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("A batch larger than the limit is taken all the same", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const WhenFull when_full = GENERATE(WhenFull::drop_oldest, WhenFull::block);
    Buffer buffer({.limit_bytes = 100, .when_full = when_full});
    CHECK(buffer.append(numbered(*pool, 0, 50), Clock::now()).dropped == 0);
    CHECK(buffer.size() == 50);
    if (when_full == WhenFull::drop_oldest) {
        CHECK(buffer.append(numbered(*pool, 50, 1), Clock::now()).dropped == 50);
        CHECK(buffer.size() == 1);
    }
}

TEST_CASE("A blocked append waits for room and then drops nothing", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const std::size_t one = numbered(*pool, 0, 10).footprint();
    Buffer buffer({.limit_bytes = 2 * one, .when_full = WhenFull::block, .batch_size = 10});
    buffer.append(numbered(*pool, 0, 10), Clock::now());
    buffer.append(numbered(*pool, 10, 10), Clock::now());
    auto blocked = std::async(std::launch::async,
                              [&] { return buffer.append(numbered(*pool, 20, 10), Clock::now()).dropped; });
    CHECK(blocked.wait_for(20ms) == std::future_status::timeout);
    static_cast<void>(buffer.take(SIZE_MAX));
    CHECK(blocked.wait_for(20ms) == std::future_status::timeout);  // out, but not yet delivered
    buffer.finish(all(false, 10));
    REQUIRE(blocked.wait_for(10s) == std::future_status::ready);
    CHECK(blocked.get() == 0);
    CHECK(drain(buffer) == range(10, 29));
}

TEST_CASE("A blocked append is let through on request, and by close", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const bool by_close = GENERATE(false, true);
    Buffer buffer({.limit_bytes = 1, .when_full = WhenFull::block});
    buffer.append(numbered(*pool, 0, 1), Clock::now());
    std::vector<std::future<std::size_t>> blocked;
    for (int i = 0; i < 3; ++i) {
        blocked.push_back(std::async(
            std::launch::async, [&] { return buffer.append(numbered(*pool, 1, 1), Clock::now()).dropped; }));
    }
    CHECK(blocked.front().wait_for(20ms) == std::future_status::timeout);
    if (by_close) {
        buffer.close();
    } else {
        buffer.let_through();
    }
    for (auto& append : blocked) {
        REQUIRE(append.wait_for(10s) == std::future_status::ready);
        CHECK(append.get() == 0);
    }
    CHECK(buffer.size() == 4);
    CHECK(buffer.append(numbered(*pool, 2, 1), Clock::now()).dropped == 0);
}

TEST_CASE("A write is due when a batch is full, or when the oldest metric has waited long enough",
          "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({.batch_size = 10, .flush_interval = 1h});
    CHECK(buffer.wait_for_work(Clock::now()) == Work::timeout);
    buffer.append(numbered(*pool, 0, 9), Clock::now());
    CHECK(buffer.wait_for_work(Clock::now()) == Work::timeout);
    buffer.append(numbered(*pool, 9, 1), Clock::now());
    CHECK(buffer.wait_for_work(soon()) == Work::due);

    Buffer aged({.batch_size = 10, .flush_interval = 1h});
    aged.append(numbered(*pool, 0, 1), Clock::now() - 2h);
    CHECK(aged.wait_for_work(soon()) == Work::due);
}

TEST_CASE("A write is due when half of the limit is used, or when an append waits for room",
          "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const std::size_t bytes = numbered(*pool, 0, 5).footprint();
    SECTION("half of the limit") {
        Buffer buffer({.limit_bytes = 4 * bytes, .flush_interval = 1h});
        buffer.append(numbered(*pool, 0, 5), Clock::now());
        CHECK(buffer.wait_for_work(Clock::now()) == Work::timeout);
        buffer.append(numbered(*pool, 5, 5), Clock::now());
        CHECK(buffer.wait_for_work(soon()) == Work::due);
    }
    SECTION("a waiting append") {
        Buffer buffer({.limit_bytes = bytes, .when_full = WhenFull::block, .flush_interval = 1h});
        buffer.append(numbered(*pool, 0, 5), Clock::now());
        auto second =
            std::async(std::launch::async, [&] { buffer.append(numbered(*pool, 5, 5), Clock::now()); });
        CHECK(buffer.wait_for_work(soon()) == Work::due);
        CHECK(drain(buffer).size() >= 5);
        second.get();
    }
}

TEST_CASE("A batch counts as a whole for as long as one metric of it is kept", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({});
    buffer.append(numbered(*pool, 0, 10), Clock::now());
    const std::size_t whole = buffer.bytes();
    std::vector<bool> kept = all(false, 10);
    kept[4] = true;
    static_cast<void>(buffer.take(10));
    buffer.finish(kept);
    CHECK(buffer.size() == 1);
    CHECK(buffer.bytes() == whole);
    CHECK(drain(buffer) == range(4, 4));
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("A reader that waits wakes for the first metric's time and for a full batch", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const bool full = GENERATE(false, true);
    Buffer buffer({.batch_size = 10, .flush_interval = full ? Clock::duration(1h) : Clock::duration(5ms)});
    auto reader = std::async(std::launch::async, [&] { return buffer.wait_for_work(soon()); });
    buffer.append(numbered(*pool, 0, 1), Clock::now());
    if (full) {
        CHECK(reader.wait_for(20ms) == std::future_status::timeout);
        buffer.append(numbered(*pool, 1, 9), Clock::now());
    }
    CHECK(reader.get() == Work::due);
}

TEST_CASE("Closing wakes every waiter and stays", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({});
    auto reader = std::async(std::launch::async, [&] { return buffer.wait_for_work(soon()); });
    auto pause = std::async(std::launch::async, [&] { return buffer.wait_for_close(soon()); });
    CHECK(reader.wait_for(10ms) == std::future_status::timeout);
    CHECK(pause.wait_for(10ms) == std::future_status::timeout);
    buffer.close();
    CHECK(reader.get() == Work::closed);
    CHECK(pause.get() == Work::closed);
    CHECK(buffer.wait_for_work(soon()) == Work::closed);
    buffer.append(numbered(*pool, 0, 3), Clock::now());
    CHECK(drain(buffer) == range(0, 2));
}

TEST_CASE("Waiting for close does not end early because work is due", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({.batch_size = 1, .flush_interval = 0s});
    buffer.append(numbered(*pool, 0, 3), Clock::now());
    CHECK(buffer.wait_for_close(Clock::now() + 5ms) == Work::timeout);
}

TEST_CASE("clear empties the buffer and says of how many", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    Buffer buffer({});
    buffer.append(numbered(*pool, 0, 3), Clock::now());
    buffer.append(numbered(*pool, 3, 4), Clock::now());
    CHECK(buffer.clear().lost == 7);
    CHECK(buffer.clear().lost == 0);
    CHECK(buffer.bytes() == 0);
}

TEST_CASE("Several writers and one reader pass everything on exactly once", "[unit][delivery]") {
    const WhenFull when_full = GENERATE(WhenFull::block, WhenFull::drop_oldest);
    const auto pool = BatchPool::make();
    const std::size_t one = numbered(*pool, 0, 10).footprint();
    Buffer buffer({.limit_bytes = 5 * one, .when_full = when_full, .batch_size = 25, .flush_interval = 0s});
    constexpr int kWriters = 3;
    constexpr int kEach = 3000;
    std::atomic<std::size_t> dropped{0};
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0; i < kEach; i += 10) {
                dropped += buffer.append(numbered(*pool, w * kEach + i, 10), Clock::now()).dropped;
            }
        });
    }
    std::vector<int> seen;
    auto reader = std::async(std::launch::async, [&] {
        std::mt19937 random(7);
        for (;;) {
            const Work work = buffer.wait_for_work(soon());
            if (work == Work::closed && buffer.size() == 0) {
                return true;
            }
            const auto numbers = numbers_of(buffer.take(SIZE_MAX));
            std::vector<bool> kept(numbers.size());
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                kept[i] = random() % 8 == 0;
                if (!kept[i]) {
                    seen.push_back(numbers[i]);
                }
            }
            buffer.finish(kept);
        }
    });
    for (std::thread& writer : writers) {
        writer.join();
    }
    buffer.close();
    CHECK(reader.get());
    CHECK(seen.size() + dropped == std::size_t{kWriters} * kEach);
    if (when_full == WhenFull::block) {
        CHECK(dropped == 0);
    }
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    CHECK(buffer.bytes() == 0);
}

}  // namespace
}  // namespace heliograph::delivery
