// Looks at sixteen bytes at a time for the few that line protocol escapes: most texts hold none and are only
// copied.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace heliograph::line_protocol {

/// A vector of GCC and Clang, which is SSE2, NEON or plain code, as the machine has it. Comparing gives a
/// byte of ones for true.
using Block = std::uint8_t __attribute__((vector_size(16)));
using BlockMask = decltype(std::declval<Block>() == std::declval<const Block&>());

using WordPair = std::uint64_t __attribute__((vector_size(16)));

/// A mask as two words; the first byte of the block is the lowest byte of the first word.
struct MaskWords {
    std::uint64_t first;
    std::uint64_t second;
};
[[nodiscard]] inline MaskWords words_of(BlockMask mask) noexcept {
    const auto words = reinterpret_cast<WordPair>(mask);
    if constexpr (std::endian::native == std::endian::big) {
        return {__builtin_bswap64(words[0]), __builtin_bswap64(words[1])};
    }
    return {words[0], words[1]};
}

[[nodiscard]] inline Block load_block(const char* from) noexcept {
    Block block;
    std::memcpy(&block, from, sizeof(block));
    return block;
}

/// Bytes that end a name or begin an escape, and control characters.
[[nodiscard]] inline BlockMask find_delimiters(Block block) noexcept {
    return (block <= ' ') | (block == ',') | (block == '=') | (block == '\\');
}

/// Bytes that a name may not hold as they are, or that need a closer look: all that is not ASCII.
struct NameTest {
    static BlockMask specials(Block block) noexcept { return find_delimiters(block) | (block >= 0x7F); }
};

/// As above, for the inside of a string.
struct StringTest {
    static BlockMask specials(Block block) noexcept {
        return (block == '"') | (block == '\\') | (block >= 0x80);
    }
};

/// Copies `text` and answers whether it was free of specials. What it copies of other text is of no use.
/// Texts shorter than a block are read as two overlapping halves, so that nothing outside of them is touched.
template <class Test>
[[nodiscard]] bool copy_if_plain(char* out, std::string_view text) noexcept {
    const char* const from = text.data();
    const std::size_t size = text.size();
    const auto is_free = [](BlockMask specials) {
        const MaskWords words = words_of(specials);
        return (words.first | words.second) == 0;
    };
    const auto is_plain = [&](std::uint64_t first, std::uint64_t second) {
        return is_free(Test::specials(reinterpret_cast<Block>(WordPair{first, second})));
    };
    // Copies the first and the last bytes.
    const auto copy_ends = [&](auto& head, auto& tail) {
        std::memcpy(&head, from, sizeof(head));
        std::memcpy(&tail, from + size - sizeof(tail), sizeof(tail));
        std::memcpy(out, &head, sizeof(head));
        std::memcpy(out + size - sizeof(tail), &tail, sizeof(tail));
    };
    if (size >= 8 && size <= 16) {
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
        copy_ends(head, tail);
        return is_plain(head, tail);
    }
    if (size >= 4 && size < 8) {
        std::uint32_t head = 0;
        std::uint32_t tail = 0;
        copy_ends(head, tail);
        const std::uint64_t both = head | static_cast<std::uint64_t>(tail) << 32;
        return is_plain(both, both);
    }
    if (size > 16) {
        BlockMask found{};
        for (std::size_t at = 0; at + 16 < size; at += 16) {
            const Block block = load_block(from + at);
            std::memcpy(out + at, &block, sizeof(block));
            found |= Test::specials(block);
        }
        const Block last = load_block(from + size - 16);
        std::memcpy(out + size - 16, &last, sizeof(last));
        return is_free(found | Test::specials(last));
    }
    constexpr std::uint64_t kEveryByte = 0x0101010101010101u;
    std::uint64_t bytes = 'a' * kEveryByte;
    for (std::size_t i = 0; i < size; ++i) {
        out[i] = from[i];
        bytes = bytes << 8 | static_cast<unsigned char>(from[i]);
    }
    return is_plain(bytes, bytes);
}

}  // namespace heliograph::line_protocol
