#include "core/delivery/dead_letter.hpp"

#include "tests/integration/driver/workspace.hpp"
#include "tests/unit/core/delivery/numbered.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

namespace heliograph::delivery {
namespace {

using testing::read_file;
using testing::Workspace;

constexpr std::int64_t kNow = 1'782'036'000'000'000'000;

TEST_CASE("a rejected metric is kept as a line under its time, node and reason", "[unit][delivery]") {
    const Workspace folder;
    const auto pool = BatchPool::make();
    const BatchRef batch = numbered(*pool, 7, 2);
    const auto file = folder.file("made/on/demand.lp");
    {
        DeadLetter letter({file, "outputs.archive", 1 << 20});
        letter.add(batch.metrics()[0], "column \"n\" holds\ntext", kNow);
        letter.add(batch.metrics()[1], "too large", kNow + 1'000'000);
        CHECK_FALSE(letter.flush());
        CHECK_FALSE(letter.flush());
    }
    const std::string expected =
        "# 2026-06-21T10:00:00.000Z outputs.archive: column \"n\" holds text\n"
        "m,t=7 n=7i\n"
        "# 2026-06-21T10:00:00.001Z outputs.archive: too large\n"
        "m,t=8 n=8i\n";
    CHECK(read_file(file) == expected);

    SECTION("a later run goes on behind it") {
        DeadLetter letter({file, "outputs.archive", 1 << 20});
        letter.add(batch.metrics()[0], "again", kNow);
        CHECK_FALSE(letter.flush());
        CHECK(read_file(file) ==
              expected + "# 2026-06-21T10:00:00.000Z outputs.archive: again\nm,t=7 n=7i\n");
    }
    SECTION("a line that was cut short is taken out first") {
        std::ofstream(file, std::ios::app) << "# 2026-06-2";
        DeadLetter letter({file, "outputs.archive", 1 << 20});
        letter.add(batch.metrics()[0], "again", kNow);
        CHECK_FALSE(letter.flush());
        CHECK(read_file(file) ==
              expected + "# 2026-06-21T10:00:00.000Z outputs.archive: again\nm,t=7 n=7i\n");
    }
}

TEST_CASE("a metric without a line is kept by its reasons alone", "[unit][delivery]") {
    const Workspace folder;
    OwnedBatch batch;
    batch.batch().add("#m", 1, 1).field("n", 1);
    DeadLetter letter({folder.file("dead.lp"), "outputs.archive", 1 << 20});
    letter.add(batch.metrics()[0], "refused", kNow);
    CHECK_FALSE(letter.flush());
    const std::string text = read_file(folder.file("dead.lp"));
    CHECK(text.find("outputs.archive: refused\n# it cannot be written as line protocol either: ") !=
          std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("the file is renamed at half of the limit, so both never hold more than it", "[unit][delivery]") {
    const Workspace folder;
    const auto pool = BatchPool::make();
    const BatchRef batch = numbered(*pool, 0, 1);
    const auto file = folder.file("dead.lp");
    constexpr std::uint64_t kLimit = 4096;
    DeadLetter letter({file, "outputs.archive", kLimit});
    bool rotated = false;
    for (int i = 0; i < 200; ++i) {
        letter.add(batch.metrics()[0], "no " + std::to_string(i), kNow);
        REQUIRE_FALSE(letter.flush());
        const std::string newer = read_file(file);
        const std::string older = read_file(folder.file("dead.lp.1"));
        CHECK(newer.size() + older.size() <= kLimit);
        CHECK(newer.find("no " + std::to_string(i) + "\n") != std::string::npos);
        rotated = rotated || !older.empty();
    }
    CHECK(rotated);
}

TEST_CASE("a dead letter that cannot be written says so, and works again once it can", "[unit][delivery]") {
    const Workspace folder;
    const auto pool = BatchPool::make();
    const BatchRef batch = numbered(*pool, 0, 1);
    folder.write("in the way", "");
    const auto file = folder.file("in the way/dead.lp");
    DeadLetter letter({file, "outputs.archive", 1 << 20});
    letter.add(batch.metrics()[0], "lost", kNow);
    CHECK(letter.flush());
    std::filesystem::remove(folder.file("in the way"));
    letter.add(batch.metrics()[0], "kept", kNow);
    CHECK_FALSE(letter.flush());
    CHECK(read_file(file) == "# 2026-06-21T10:00:00.000Z outputs.archive: kept\nm,t=0 n=0i\n");
}

}  // namespace
}  // namespace heliograph::delivery
