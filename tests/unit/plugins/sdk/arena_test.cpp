#include <heliograph/arena.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace heliograph {
namespace {

bool is_aligned(const void* at, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(at) % alignment == 0;
}

TEST_CASE("An arena hands out memory that is aligned and does not overlap, whatever the sizes",
          "[unit][sdk]") {
    Arena arena;
    struct Piece {
        unsigned char* at;
        std::size_t size;
        unsigned char mark;
    };
    std::vector<Piece> pieces;
    for (std::size_t i = 1; i < 2000; ++i) {
        const std::size_t size = i * 37 % 611;
        const std::size_t alignment = std::size_t{1} << (i % 7);
        auto* at = static_cast<unsigned char*>(arena_allocate(arena.door(), size, alignment));
        REQUIRE(is_aligned(at, alignment));
        std::memset(at, static_cast<int>(i % 251), size);
        pieces.push_back({at, size, static_cast<unsigned char>(i % 251)});
    }
    for (const Piece& piece : pieces) {
        bool whole = true;
        for (std::size_t i = 0; i < piece.size; ++i) {
            whole = whole && piece.at[i] == piece.mark;
        }
        REQUIRE(whole);
    }
}

TEST_CASE("An arena holds nothing until it is used and then grows by doubling up to 1 MiB", "[unit][sdk]") {
    Arena arena;
    CHECK(arena.capacity() == 0);
    std::vector<std::size_t> chunks;
    std::size_t before = 0;
    while (chunks.size() < 11) {
        static_cast<void>(arena_allocate(arena.door(), 1000, 8));
        if (arena.capacity() != before) {
            chunks.push_back(arena.capacity() - before);
            before = arena.capacity();
        }
    }
    CHECK(chunks.front() == Arena::kFirstChunk);
    CHECK(chunks[1] == 2 * Arena::kFirstChunk);
    CHECK(chunks[8] == Arena::kLargestChunk);
    CHECK(chunks[10] == Arena::kLargestChunk);
}

TEST_CASE("An arena serves a piece larger than its largest chunk", "[unit][sdk]") {
    Arena arena;
    constexpr std::size_t kSize = 3 * Arena::kLargestChunk;
    auto* at = static_cast<char*>(arena_allocate(arena.door(), kSize, 64));
    CHECK(is_aligned(at, 64));
    std::memset(at, 1, kSize);
    CHECK(arena.capacity() >= kSize);
}

TEST_CASE("An arena refuses what no memory could hold", "[unit][sdk]") {
    Arena arena;
    CHECK_THROWS_AS(arena_allocate(arena.door(), SIZE_MAX - 8, 8), std::bad_alloc);
    CHECK_THROWS_AS(arena_allocate(arena.door(), SIZE_MAX / 2, 8), std::bad_alloc);
    CHECK(view(arena_copy(arena.door(), "still works")) == "still works");
}

TEST_CASE("A reset arena keeps its newest chunk and a warm one grows no more", "[unit][sdk]") {
    Arena arena;
    const auto fill = [&] {
        for (int i = 0; i < 50; ++i) {
            static_cast<void>(arena_copy(arena.door(), std::string(100, 'x')));
        }
    };
    fill();
    const std::size_t grown = arena.capacity();
    arena.reset();
    CHECK(arena.capacity() < grown);
    CHECK(arena.capacity() > 0);
    for (int round = 0; round < 3; ++round) {
        fill();
        arena.reset();
    }
    const std::size_t warm = arena.capacity();
    for (int round = 0; round < 10; ++round) {
        fill();
        CHECK(arena.capacity() == warm);
        arena.reset();
    }
}

TEST_CASE("An adopted buffer is released once, by reset or by the end of the arena", "[unit][sdk]") {
    int releases = 0;
    const auto release = [](void* context) { ++*static_cast<int*>(context); };
    {
        Arena arena;
        REQUIRE(arena.adopt(&releases, release) == HG_OK);
        CHECK(releases == 0);
        arena.reset();
        CHECK(releases == 1);
        arena.reset();
        CHECK(releases == 1);
        REQUIRE(arena.door().adopt(&arena.door(), &releases, release) == HG_OK);
        REQUIRE(arena.adopt(&releases, release) == HG_OK);
    }
    CHECK(releases == 3);
}

TEST_CASE("A literal name is used in place and any other is copied", "[unit][sdk]") {
    Arena arena;
    static constexpr char kLiteral[] = "power";
    CHECK(arena_name(arena.door(), Name(kLiteral)).data == kLiteral);

    std::string text = "voltage";
    const hg_text copied = arena_name(arena.door(), std::string_view(text));
    CHECK(copied.data != text.data());
    text.assign("changed");
    CHECK(view(copied) == "voltage");
    CHECK(arena_copy(arena.door(), "").size == 0);
}

}  // namespace
}  // namespace heliograph
