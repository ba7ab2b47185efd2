#include "core/delivery/disk_store.hpp"

#include "tests/integration/driver/workspace.hpp"
#include "tests/unit/core/delivery/memory_files.hpp"
#include "tests/unit/core/delivery/numbered.hpp"
#include "tests/unit/core/delivery/told.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace heliograph::delivery {
namespace {

using namespace std::chrono_literals;
using Clock = DiskStore::Clock;

const std::filesystem::path kFolder = "/buffers/out";

/// A store on files in memory; its clock moves an hour with every call that looks at it, so that no failure
/// is waited for.
struct Fixture {
    explicit Fixture(MemoryFiles& memory, std::uint64_t limit = std::uint64_t{1} << 30,
                     Sync sync = Sync::every_second)
        : files(memory), store({kFolder, "outputs.out", limit, sync}, told.tell(), memory) {}

    std::vector<SequenceRange> open() { return store.open(later()); }
    std::vector<StoredRun> put(const BatchRef& batch) { return store.store(batch.metrics(), later()); }
    Clock::time_point later() { return now += 1h; }
    /// All that can be loaded of a range.
    std::vector<int> load(SequenceRange wanted) {
        std::vector<int> numbers;
        while (wanted.first < wanted.end) {
            const LoadedRecord loaded = store.load(wanted, *pool);
            REQUIRE_FALSE(loaded.error);
            if (loaded.batch) {
                const auto skip = static_cast<std::size_t>(loaded.range.first - loaded.batch_first);
                const auto count = static_cast<std::size_t>(loaded.range.end - loaded.range.first);
                const auto records = loaded.batch.metrics().records().subspan(skip, count);
                const auto some = numbers_of({records.data(), records.size()});
                numbers.insert(numbers.end(), some.begin(), some.end());
            }
            REQUIRE(loaded.range.end > wanted.first);
            wanted.first = loaded.range.end;
        }
        return numbers;
    }

    MemoryFiles& files;
    Told told;
    std::shared_ptr<BatchPool> pool = BatchPool::make();
    Clock::time_point now = Clock::now();
    DiskStore store;
};

bool is_run(const StoredRun& run, std::size_t first, std::size_t count, std::uint64_t sequence) {
    return run.first == first && run.count == count && run.sequence == sequence;
}

std::string as_text(MetricView metric) {
    line_protocol::Encoder encoder(line_protocol::EncodeSettings{});
    line_protocol::Buffer out;
    encoder.append(metric, out);
    return std::string(out.view());
}

TEST_CASE("Stored metrics are numbered in their order and load back", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    CHECK(it.open().empty());
    CHECK(it.store.is_open());
    const auto first = it.put(numbered(*it.pool, 0, 10));
    REQUIRE(first.size() == 1);
    CHECK(is_run(first[0], 0, 10, 0));
    const auto second = it.put(numbered(*it.pool, 10, 5));
    REQUIRE(second.size() == 1);
    CHECK(is_run(second[0], 0, 5, 10));
    CHECK(it.store.end() == 15);
    CHECK(it.load({0, 15}) == range(0, 14));
    CHECK(it.load({3, 12}) == range(3, 11));
    CHECK(it.load({14, 15}) == range(14, 14));
    CHECK(it.told.lines.empty());
}

TEST_CASE("A large batch becomes several records that follow each other", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    const auto runs = it.put(numbered(*it.pool, 0, 20'000));
    REQUIRE(runs.size() == 1);
    CHECK(is_run(runs[0], 0, 20'000, 0));
    const LoadedRecord one = it.store.load({0, 20'000}, *it.pool);
    CHECK(one.range.end < 10'000);
    CHECK(it.load({0, 20'000}) == range(0, 19'999));
}

TEST_CASE("Every type and every value that line protocol knows comes back as it was", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    BatchRef batch = it.pool->acquire();
    Batch metrics = batch.exclusive().batch();
    metrics.add("plain", 1, 1).tag("host", "a").field("f", 1.5).time(-1);
    metrics.add("all types, and = odd\\names", 2, 5)
        .tag("a key", "a, value = b")
        .tag("ü", "日本")
        .field("float", 0.1)
        .field("int", std::numeric_limits<std::int64_t>::min())
        .field("uint", std::numeric_limits<std::uint64_t>::max())
        .field("bool", true)
        .field("text", "line one\nline \"two\" \\ #R ,= ")
        .time(1'782'036'000'000'000'001);
    metrics.add("no_time", 0, 2).field("whole", 3.0).field("tiny", 5e-324);
    metrics.add("empty_text", 0, 1).field("t", "").time(std::numeric_limits<std::int64_t>::max());
    const auto runs = it.put(batch);
    REQUIRE(runs.size() == 1);
    REQUIRE(runs[0].count == 4);
    const LoadedRecord loaded = it.store.load({0, 4}, *it.pool);
    REQUIRE(loaded.batch);
    REQUIRE(loaded.batch.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        const MetricView want = batch.metrics()[i];
        const MetricView got = loaded.batch.metrics()[i];
        CHECK(got.name() == want.name());
        CHECK(got.time() == want.time());
        CHECK(as_text(got) == as_text(want));
    }
    CHECK(loaded.batch.metrics()[1].field("text")->text() == "line one\nline \"two\" \\ #R ,= ");
    CHECK(loaded.batch.metrics()[1].field("uint")->unsigned_integer() == UINT64_MAX);
    CHECK(loaded.batch.metrics()[2].field("whole")->type() == ValueType::floating);
}

TEST_CASE("What line protocol cannot express is not stored, and its neighbours are", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    BatchRef batch = it.pool->acquire();
    Batch metrics = batch.exclusive().batch();
    const double nan = std::nan("");
    metrics.add("#comment", 0, 1).field("n", 0);
    metrics.add("m", 0, 1).field("n", 1);
    metrics.add("m", 0, 1).field("n", 2);
    metrics.add("m", 0, 1).field("n", nan);
    metrics.add("m", 0, 1).field("n", nan);
    metrics.add("m", 0, 1).field("n", 5);
    metrics.add("m", 0, 1).field("n", nan);
    const auto runs = it.put(batch);
    REQUIRE(runs.size() == 5);
    CHECK(is_run(runs[0], 0, 1, kNoSequence));
    CHECK(is_run(runs[1], 1, 2, 0));
    CHECK(is_run(runs[2], 3, 2, kNoSequence));
    CHECK(is_run(runs[3], 5, 1, 2));
    CHECK(is_run(runs[4], 6, 1, kNoSequence));
    CHECK(it.load({0, 3}) == std::vector<int>{1, 2, 5});
    CHECK(it.told.lines.empty());
}

TEST_CASE("A folder that cannot be opened is told of once, tried again, and told of when it works",
          "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    files.fail_from(0, UINT64_MAX, std::errc::read_only_file_system);
    for (int i = 0; i < 3; ++i) {
        CHECK(it.open().empty());
        CHECK_FALSE(it.store.is_open());
        const auto runs = it.put(numbered(*it.pool, 0, 3));
        REQUIRE(runs.size() == 1);
        CHECK(is_run(runs[0], 0, 3, kNoSequence));
    }
    CHECK(it.told.failures() == 1);
    CHECK(it.told.lines.front().find("/buffers/out cannot open what it holds: Read-only file system; until "
                                     "it can, metrics are kept in memory only") != std::string::npos);
    const auto operations = files.operations();
    static_cast<void>(it.store.open(Clock::now()));  // too soon
    CHECK(files.operations() == operations);
    files.heal();
    it.open();
    CHECK(it.store.is_open());
    CHECK(it.told.lines.size() == 2);
    CHECK(it.told.lines.back() == "the disk buffer can open what it holds again, after 3 failures");
}

TEST_CASE("A disk that is full is told of once, left alone for a while, and used again", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    it.put(numbered(*it.pool, 0, 3));
    files.fail_from(files.operations(), UINT64_MAX, std::errc::no_space_on_device);
    for (int i = 0; i < 3; ++i) {
        const auto runs = it.put(numbered(*it.pool, 3, 2));
        REQUIRE(runs.size() == 1);
        CHECK(is_run(runs[0], 0, 2, kNoSequence));
    }
    const auto operations = files.operations();
    CHECK(it.store.store(numbered(*it.pool, 3, 2).metrics(), Clock::now()).front().sequence == kNoSequence);
    CHECK(files.operations() == operations);
    files.heal();
    CHECK(is_run(it.put(numbered(*it.pool, 3, 2)).front(), 0, 2, 3));
    CHECK(it.load({0, 5}) == range(0, 4));
    CHECK(it.told.failures() == 1);
    CHECK(it.told.lines.size() == 2);
}

TEST_CASE("A batch of which the disk took a part says which", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    it.put(numbered(*it.pool, 0, 1));
    files.fail_from(files.operations() + 1, UINT64_MAX, std::errc::no_space_on_device);
    const auto runs = it.put(numbered(*it.pool, 1, 10'000));  // several records
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].first == 0);
    CHECK(runs[0].sequence == 1);
    CHECK(runs[1].first == runs[0].count);
    CHECK(runs[0].count + runs[1].count == 10'000);
    CHECK(runs[1].sequence == kNoSequence);
    files.heal();
    CHECK(it.store.end() == 1 + runs[0].count);
}

TEST_CASE("A position that could not be noted is tried again, and told of once", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    it.put(numbered(*it.pool, 0, 10));
    files.fail_from(files.operations(), UINT64_MAX, std::errc::io_error);
    it.store.settle({4, {}});
    it.store.settle({6, {{8, 9}}});
    it.store.sync_if_due();
    CHECK(it.told.failures() == 2);  // the position, and the sync
    files.heal();
    it.store.sync_if_due();
    CHECK(it.told.lines.size() == 4);
    Fixture again(files);
    CHECK(again.open() == std::vector<SequenceRange>{{6, 8}, {9, 10}});
}

TEST_CASE("An unchanged position is not written again", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    it.put(numbered(*it.pool, 0, 10));
    it.store.settle({4, {}});
    const auto operations = files.operations();
    it.store.settle({4, {}});
    CHECK(files.operations() == operations);
}

TEST_CASE("What is delivered makes room, a segment at a time", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files, std::uint64_t{512} << 10);
    it.open();
    int next = 0;
    while (!it.store.is_full()) {
        it.put(numbered(*it.pool, next, 1000));
        next += 1000;
        REQUIRE(next < 100'000);
    }
    const auto oldest = it.store.end_of_oldest();
    REQUIRE(oldest);
    it.store.settle({*oldest - 1, {}});
    CHECK(it.store.is_full());
    it.store.settle({*oldest, {}});
    CHECK_FALSE(it.store.is_full());
    const auto second = it.store.end_of_oldest();
    REQUIRE(second);
    CHECK(*second > *oldest);
    it.store.remove_before(*second);
    CHECK(it.store.end_of_oldest() > second);
    CHECK(it.told.lines.empty());
    Fixture again(files, std::uint64_t{512} << 10);
    CHECK(again.open() == std::vector<SequenceRange>{{*second, static_cast<std::uint64_t>(next)}});
    CHECK(again.told.failures() == 1);  // what was removed was not delivered
}

TEST_CASE("Loading passes damage over, and says what it holds", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files);
    it.open();
    for (int i = 0; i < 3; ++i) {
        it.put(numbered(*it.pool, 10 * i, 10));
    }
    std::string& bytes = files.bytes_of(kFolder / segment_name(0));
    bytes[bytes.find("n=15i")] = 'x';
    const LoadedRecord loaded = it.store.load({12, 30}, *it.pool);
    CHECK(loaded.range == SequenceRange{20, 30});
    CHECK(it.load({5, 28}) == [] {
        std::vector<int> want = range(5, 9);
        for (int i = 20; i < 28; ++i) {
            want.push_back(i);
        }
        return want;
    }());
    const LoadedRecord nothing = it.store.load({12, 18}, *it.pool);
    CHECK_FALSE(nothing.batch);
    CHECK(nothing.range == SequenceRange{18, 18});
}

TEST_CASE("A record whose text cannot be read costs its own metrics only", "[unit][delivery]") {
    MemoryFiles files;
    std::string bytes(kRecordHeaderBytes, ' ');
    const std::string text = "this is no metric\n";
    write_record_header(bytes.data(), 0, 1, text);
    files.put(kFolder / segment_name(0), bytes + text);
    Fixture it(files);
    CHECK(it.open() == std::vector<SequenceRange>{{0, 1}});
    it.put(numbered(*it.pool, 1, 3));
    const LoadedRecord loaded = it.store.load({0, 4}, *it.pool);
    CHECK_FALSE(loaded.batch);
    CHECK(loaded.range == SequenceRange{1, 1});
    CHECK(it.load({0, 4}) == range(1, 3));
}

TEST_CASE("No metric bears the number of one that was delivered, whatever a power cut takes from the log",
          "[unit][delivery]") {
    MemoryFiles files;
    {
        Fixture it(files);
        it.open();
        it.put(numbered(*it.pool, 0, 10));
        it.put(numbered(*it.pool, 10, 10));
        it.store.settle({5, {{12, 20}}});
    }
    std::string& bytes = files.bytes_of(kFolder / segment_name(0));
    bytes.resize(bytes.find("#R", bytes.find("n=9i")));  // the second record never reached the disk
    {
        Fixture it(files);
        CHECK(it.open() == std::vector<SequenceRange>{{5, 12}});
        CHECK(is_run(it.put(numbered(*it.pool, 20, 4)).front(), 0, 4, 20));
        CHECK(it.load({5, 12}) == range(5, 9));
    }
    Fixture it(files);
    CHECK(it.open() == std::vector<SequenceRange>{{5, 12}, {20, 24}});
    CHECK(it.load({20, 24}) == range(20, 23));
}

TEST_CASE("Without its position file everything that is left waits again", "[unit][delivery]") {
    MemoryFiles files;
    {
        Fixture it(files);
        it.open();
        it.put(numbered(*it.pool, 0, 10));
        it.store.settle({7, {}});
    }
    files.unlink(kFolder / "position");
    Fixture it(files);
    CHECK(it.open() == std::vector<SequenceRange>{{0, 10}});
    CHECK(it.told.lines.empty());
}

TEST_CASE("A torn end is told of", "[unit][delivery]") {
    MemoryFiles files;
    {
        Fixture it(files);
        it.open();
        it.put(numbered(*it.pool, 0, 10));
    }
    files.bytes_of(kFolder / segment_name(0)) += "#R 000";
    Fixture it(files);
    CHECK(it.open() == std::vector<SequenceRange>{{0, 10}});
    REQUIRE(it.told.failures() == 1);
    CHECK(it.told.lines.front().find("6 bytes were cut off") != std::string::npos);
}

TEST_CASE("The folder holds the bytes that its description shows", "[unit][delivery][docs]") {
    MemoryFiles files;
    const auto pool = BatchPool::make();
    DiskStore store(
        {.folder = kFolder, .owner = "outputs.influx"}, [](bool, const std::string&) {}, files);
    CHECK(store.open(Clock::now()).empty());
    BatchRef batch = pool->acquire();
    batch.exclusive()
        .batch()
        .add("port", 1, 1)
        .tag("serial", "1162")
        .field("pv_power", 312.5)
        .time(1'782'036'000'000'000'000);
    batch.exclusive()
        .batch()
        .add("port", 1, 1)
        .tag("serial", "1163")
        .field("pv_power", 309.0)
        .time(1'782'036'000'000'000'000);
    static_cast<void>(store.store(batch.metrics(), Clock::now()));
    BatchRef second = pool->acquire();
    second.exclusive()
        .batch()
        .add("port", 1, 1)
        .tag("serial", "1162")
        .field("pv_power", 314.0)
        .time(1'782'036'060'000'000'000);
    static_cast<void>(store.store(second.metrics(), Clock::now()));
    store.settle({1, {{2, 3}}});

    const std::string page = testing::read_file(std::string(HELIOGRAPH_SOURCE_DIR) + "/docs/disk-buffer.md");
    const std::string& segment = files.bytes_of(kFolder / segment_name(0));
    CHECK(page.find("```\n" + segment + "```\n") != std::string::npos);
    CHECK(page.find("has " + std::to_string(segment.size()) + " bytes") != std::string::npos);
    const std::string position = files.bytes_of(kFolder / "position").substr(PositionFile::kSlotBytes);
    CHECK(page.find("```\n" + position + "```\n") != std::string::npos);
}

TEST_CASE("The disk is waited for as sync says", "[unit][delivery]") {
    MemoryFiles files;
    const Sync sync = GENERATE(Sync::always, Sync::every_second, Sync::never);
    Fixture it(files, std::uint64_t{1} << 30, sync);
    it.open();
    it.put(numbered(*it.pool, 0, 10));
    CHECK(files.syncs() == 0);
    it.store.commit();
    CHECK((files.syncs() != 0) == (sync == Sync::always));
    it.store.sync_if_due();
    CHECK((files.syncs() != 0) == (sync != Sync::never));
    const auto syncs = files.syncs();
    it.store.commit();
    it.store.sync_if_due();
    CHECK(files.syncs() == syncs);
}

TEST_CASE("A sync that keeps failing is told of once and does not end the storing", "[unit][delivery]") {
    MemoryFiles files;
    Fixture it(files, std::uint64_t{1} << 30, Sync::always);
    it.open();
    for (int i = 0; i < 5; ++i) {
        CHECK(it.put(numbered(*it.pool, i, 1)).front().sequence == static_cast<std::uint64_t>(i));
        files.fail_from(files.operations(), 1, std::errc::io_error);
        it.store.commit();
    }
    CHECK(it.told.failures() == 1);
    CHECK(it.told.lines.size() == 1);
    it.store.commit();
    CHECK(it.told.lines.size() == 2);
}

}  // namespace
}  // namespace heliograph::delivery
