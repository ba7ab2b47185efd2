// A growable run of bytes that writers fill through a raw pointer, without the zeroing that std::string does
// on growth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace heliograph::line_protocol {

/// Owns its bytes; clear keeps the memory for reuse. Growth doubles, and throws std::bad_alloc when memory is
/// out. A view of the bytes holds until the next call that may grow. Not thread-safe.
///
/// The fast way in is prepare, write, commit:
///     char* at = buffer.prepare(20);
///     at = write_integer(at, value);
///     buffer.commit(at);
class Buffer {
public:
    Buffer() noexcept = default;
    explicit Buffer(std::size_t capacity) { reserve(capacity); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    Buffer(Buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~Buffer() { std::free(data_); }

    [[nodiscard]] const char* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }

    void clear() noexcept { size_ = 0; }
    /// Cuts the end off; `size` must not exceed size().
    void truncate(std::size_t size) noexcept { size_ = size; }

    void reserve(std::size_t capacity) {
        if (capacity > capacity_) {
            grow(capacity);
        }
    }

    /// The end of the bytes, with room for `room` more behind it. What is written there counts once it is
    /// committed.
    [[nodiscard]] char* prepare(std::size_t room) {
        if (room > capacity_ - size_) {
            if (room > SIZE_MAX - size_) {
                throw std::bad_alloc();
            }
            grow(size_ + room);
        }
        return data_ + size_;
    }
    /// Takes over what was written from prepare's pointer up to `end`.
    void commit(const char* end) noexcept { size_ = static_cast<std::size_t>(end - data_); }

    void append(std::string_view bytes) {
        if (!bytes.empty()) {
            std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
            size_ += bytes.size();
        }
    }
    void append(char byte) {
        *prepare(1) = byte;
        ++size_;
    }

private:
    static constexpr std::size_t kSmallest = 256;

    void grow(std::size_t needed) {
        std::size_t wanted = capacity_ > SIZE_MAX / 2 ? needed : capacity_ * 2;
        wanted = wanted < needed ? needed : wanted;
        wanted = wanted < kSmallest ? kSmallest : wanted;
        auto* moved = static_cast<char*>(std::realloc(data_, wanted));
        if (moved == nullptr) {
            throw std::bad_alloc();
        }
        data_ = moved;
        capacity_ = wanted;
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace heliograph::line_protocol
