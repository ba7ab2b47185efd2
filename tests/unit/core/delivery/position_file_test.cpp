#include "core/delivery/position_file.hpp"

#include "core/delivery/checksum.hpp"
#include "tests/unit/core/delivery/memory_files.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

namespace heliograph::delivery {
namespace {

constexpr std::size_t kSlot = PositionFile::kSlotBytes;
const std::filesystem::path kPath = "/buffers/out/position";

std::optional<Position> reopened(MemoryFiles& files) {
    PositionFile file(files);
    std::optional<Position> found;
    REQUIRE_FALSE(file.open(kPath, found));
    return found;
}

TEST_CASE("A position reads back as it was written", "[unit][delivery]") {
    const Position position{1000, {{1002, 1003}, {1010, 2000}, {UINT64_MAX - 1, UINT64_MAX}}};
    const auto stored = parse_position(format_position(17, position));
    REQUIRE(stored);
    CHECK(stored->generation == 17);
    CHECK(stored->position == position);
    CHECK(parse_position(format_position(0, {}))->position == Position{});
}

TEST_CASE("A position with any byte changed or cut off is none", "[unit][delivery]") {
    const std::string good = format_position(3, {5, {{7, 9}}});
    for (std::size_t at = 0; at < good.size(); ++at) {
        CAPTURE(at);
        CHECK_FALSE(parse_position(good.substr(0, at)));
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string bytes = good;
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
            CHECK_FALSE(parse_position(bytes));
        }
    }
}

TEST_CASE("A line that is no position is refused even when its checksum fits", "[unit][delivery]") {
    const std::string line =
        GENERATE("#P", "#P ", "#P 1", "#P 1 ", "#P 1 2 3", "#P 1 2 3-", "#P 1 2 3-3", "#P 1 9 3-4",
                 "#P 1 2 5-9 8-10", "#P 1 2 x", "#P  1 2", "#P 1 99999999999999999999", "#Q 1 2", "");
    CAPTURE(line);
    CHECK_FALSE(parse_position(line + " *" + std::to_string(checksum(line)) + "\n"));
}

TEST_CASE("More ranges than a slot holds are cut off behind the last that fits", "[unit][delivery]") {
    Position position{10, {}};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        position.done.push_back({UINT64_MAX - 4000 + 2 * i, UINT64_MAX - 4000 + 2 * i + 1});
    }
    const std::string line = format_position(UINT64_MAX, position);
    CHECK(line.size() <= kSlot);
    const auto stored = parse_position(line);
    REQUIRE(stored);
    CHECK(stored->position.next == 10);
    REQUIRE(stored->position.done.size() > 90);
    position.done.resize(stored->position.done.size());
    CHECK(stored->position == position);
}

TEST_CASE("Positions are written to two slots in turn, and the newest is found", "[unit][delivery]") {
    MemoryFiles files;
    files.put(kPath, "");
    CHECK_FALSE(reopened(files));
    for (std::uint64_t next = 1; next < 8; ++next) {
        PositionFile file(files);
        std::optional<Position> found;
        REQUIRE_FALSE(file.open(kPath, found));
        const std::string before = files.bytes_of(kPath);
        REQUIRE_FALSE(file.write({next, {}}));
        const std::string after = files.bytes_of(kPath);
        const std::size_t other = next % 2 == 0 ? kSlot : 0;
        if (before.size() > other) {
            CHECK(before.substr(other, 20) == after.substr(other, 20));
        }
        CHECK(reopened(files)->next == next);
    }
}

TEST_CASE("A write of a position that is torn at any byte leaves the one before", "[unit][delivery]") {
    MemoryFiles files;
    files.put(kPath, "");
    PositionFile file(files);
    std::optional<Position> found;
    REQUIRE_FALSE(file.open(kPath, found));
    REQUIRE_FALSE(file.write({100, {{200, 300}}}));
    REQUIRE_FALSE(file.write({150, {{200, 300}}}));
    const std::string old = files.bytes_of(kPath);
    REQUIRE_FALSE(file.write({160, {}}));
    const std::string now = files.bytes_of(kPath);
    REQUIRE(old.size() == now.size());
    bool is_new = false;
    for (std::size_t torn = 0; torn <= kSlot; ++torn) {
        files.bytes_of(kPath) =
            old.substr(0, kSlot) + now.substr(kSlot, torn) + old.substr(std::min(old.size(), kSlot + torn));
        if (torn == kSlot) {
            files.bytes_of(kPath) = now;
        }
        const auto position = reopened(files);
        REQUIRE(position);
        is_new = position->next == 160;
        if (!is_new) {
            CHECK(*position == Position{150, {{200, 300}}});
        }
    }
    CHECK(is_new);
}

TEST_CASE("A position file that fails a write goes on with the same slot", "[unit][delivery]") {
    MemoryFiles files;
    files.put(kPath, "");
    PositionFile file(files);
    std::optional<Position> found;
    REQUIRE_FALSE(file.open(kPath, found));
    REQUIRE_FALSE(file.write({1, {}}));
    for (int i = 0; i < 3; ++i) {
        files.fail_from(files.operations(), 1, std::errc::no_space_on_device);
        CHECK(file.write({2, {}}) == std::errc::no_space_on_device);
        CHECK(reopened(files)->next == 1);
    }
    files.heal();
    REQUIRE_FALSE(file.write({3, {}}));
    CHECK(reopened(files)->next == 3);
}

TEST_CASE("A position file that somebody has removed is made again", "[unit][delivery]") {
    MemoryFiles files;
    files.put(kPath, "");
    PositionFile file(files);
    std::optional<Position> found;
    REQUIRE_FALSE(file.open(kPath, found));
    REQUIRE_FALSE(file.write({1, {}}));
    files.unlink_folder(kPath.parent_path());
    REQUIRE_FALSE(file.write({2, {}}));
    CHECK(reopened(files)->next == 2);
}

}  // namespace
}  // namespace heliograph::delivery
