// The memory of a batch: a bump allocator behind hg_arena, which also keeps adopted input buffers alive.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/text.hpp>

#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

namespace heliograph {

/// Takes `bytes` of memory from an arena, aligned to `alignment` (a power of two). Lives as long as the
/// batch. Throws std::bad_alloc when the owner refuses.
[[nodiscard]] inline void* arena_allocate(hg_arena& arena, std::size_t bytes, std::size_t alignment) {
    const auto at = reinterpret_cast<std::uintptr_t>(arena.cursor);
    const std::uintptr_t aligned = (at + alignment - 1) & ~(static_cast<std::uintptr_t>(alignment) - 1);
    const std::size_t padding = aligned - at;
    if (const auto room = static_cast<std::size_t>(arena.limit - arena.cursor);
        arena.cursor != nullptr && padding <= room && bytes <= room - padding) {
        char* taken = arena.cursor + padding;
        arena.cursor = taken + bytes;
        return taken;
    }
    void* taken = arena.allocate(&arena, bytes, alignment);
    if (taken == nullptr) {
        throw std::bad_alloc();
    }
    return taken;
}

/// An uninitialised array of plain records in an arena.
template <class Record>
[[nodiscard]] Record* arena_array(hg_arena& arena, std::size_t count) {
    return static_cast<Record*>(arena_allocate(arena, count * sizeof(Record), alignof(Record)));
}

/// Copies text into an arena.
[[nodiscard]] inline hg_text arena_copy(hg_arena& arena, std::string_view text) {
    if (text.empty()) {
        return {nullptr, 0};
    }
    auto* copy = static_cast<char*>(arena_allocate(arena, text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
}

/// Text for a name: a literal as it is, anything else copied.
[[nodiscard]] inline hg_text arena_name(hg_arena& arena, Name name) {
    return name.is_literal() ? to_text(name.text()) : arena_copy(arena, name.text());
}

/// An arena that owns its memory. Chunks grow by doubling up to 1 MiB; reset keeps the largest one for the
/// next batch, so that a warm arena allocates nothing. Not thread-safe.
class Arena {
public:
    static constexpr std::size_t kFirstChunk = 4096;
    static constexpr std::size_t kLargestChunk = std::size_t{1} << 20;
    /// What no honest request reaches; a larger one is refused rather than tried.
    static constexpr std::size_t kLargestRequest = std::size_t{1} << 30;

    Arena() noexcept {
        door_.size = sizeof(hg_arena);
        door_.cursor = nullptr;
        door_.limit = nullptr;
        door_.allocate = [](hg_arena* arena, std::size_t bytes, std::size_t alignment) noexcept {
            return from(arena)->refill(bytes, alignment);
        };
        door_.adopt = [](hg_arena* arena, void* context, void (*release)(void*)) noexcept {
            return from(arena)->adopt(context, release);
        };
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        release_adopted();
        free_chunks(nullptr);
    }

    [[nodiscard]] hg_arena& door() noexcept { return door_; }

    /// Bytes of memory that the arena holds, used or not; adopted buffers are not counted.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Ties a buffer to the arena: release(context) is called by reset or the destructor.
    [[nodiscard]] std::int32_t adopt(void* context, void (*release)(void*)) noexcept {
        void* memory = arena_or_null(sizeof(Adopted), alignof(Adopted));
        if (memory == nullptr) {
            return HG_OUT_OF_MEMORY;
        }
        adopted_ = ::new (memory) Adopted{context, release, adopted_};
        return HG_OK;
    }

    /// Forgets everything and lets go of what was adopted. One chunk, the newest, stays for reuse.
    void reset() noexcept {
        release_adopted();
        free_chunks(newest_);
        if (newest_ != nullptr) {
            newest_->previous = nullptr;
            capacity_ = newest_->bytes;
            use(newest_);
        }
    }

private:
    struct Chunk {
        Chunk* previous;
        std::size_t bytes;  // of the whole allocation, this header included
    };
    struct Adopted {
        void* context;
        void (*release)(void*);
        Adopted* next;
    };

    // The door is the first member of a standard-layout class, so its address is the arena's.
    static Arena* from(hg_arena* door) noexcept { return reinterpret_cast<Arena*>(door); }

    void* arena_or_null(std::size_t bytes, std::size_t alignment) noexcept {
        try {
            return arena_allocate(door_, bytes, alignment);
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }

    void* refill(std::size_t bytes, std::size_t alignment) noexcept {
        if (bytes > kLargestRequest || alignment > kLargestChunk) {
            return nullptr;
        }
        const std::size_t needed = sizeof(Chunk) + alignment + bytes;
        std::size_t wanted = newest_ == nullptr ? kFirstChunk : newest_->bytes * 2;
        wanted = wanted > kLargestChunk ? kLargestChunk : wanted;
        wanted = wanted < needed ? needed : wanted;
        void* memory = ::operator new(wanted, std::nothrow);
        if (memory == nullptr) {
            return nullptr;
        }
        newest_ = ::new (memory) Chunk{newest_, wanted};
        capacity_ += wanted;
        use(newest_);
        return arena_allocate(door_, bytes, alignment);
    }

    void use(Chunk* chunk) noexcept {
        auto* start = reinterpret_cast<char*>(chunk);
        door_.cursor = start + sizeof(Chunk);
        door_.limit = start + chunk->bytes;
    }

    void release_adopted() noexcept {
        for (const Adopted* adopted = adopted_; adopted != nullptr;) {
            // The note lies in the arena itself: read it before its owner may act.
            const Adopted current = *adopted;
            adopted = current.next;
            current.release(current.context);
        }
        adopted_ = nullptr;
    }

    void free_chunks(const Chunk* except) noexcept {
        for (Chunk* chunk = newest_; chunk != nullptr;) {
            Chunk* previous = chunk->previous;
            if (chunk != except) {
                ::operator delete(chunk);
            }
            chunk = previous;
        }
    }

    hg_arena door_;
    Chunk* newest_ = nullptr;
    Adopted* adopted_ = nullptr;
    std::size_t capacity_ = 0;
};

}  // namespace heliograph
