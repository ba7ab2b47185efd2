// Compresses request bodies.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace heliograph::http {

/// Compresses whole buffers in the gzip format (RFC 1952). Reuses its memory. Not thread-safe.
class Gzip {
public:
    /// Level 1 (fast) to 12 (small). Throws std::bad_alloc.
    explicit Gzip(int level = 1);
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip();

    /// Replaces `out` by the compressed text.
    void compress(std::string_view text, std::string& out);

private:
    struct Free {
        void operator()(void* compressor) const noexcept;
    };
    std::unique_ptr<void, Free> compressor_;
    std::unique_ptr<char[]> space_;
    std::size_t space_size_ = 0;
};

}  // namespace heliograph::http
