#include "plugins/common/http/gzip.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace heliograph::http {

void Gzip::Free::operator()(void* compressor) const noexcept {
    libdeflate_free_compressor(static_cast<libdeflate_compressor*>(compressor));
}

Gzip::Gzip(int level) : compressor_(libdeflate_alloc_compressor(std::clamp(level, 1, 12))) {
    if (compressor_ == nullptr) {
        throw std::bad_alloc();
    }
}

Gzip::~Gzip() = default;

void Gzip::compress(std::string_view text, std::string& out) {
    auto* compressor = static_cast<libdeflate_compressor*>(compressor_.get());
    // Not into `out` itself: a string would be filled with zeros to the size of the worst case, each time.
    if (const auto needed = libdeflate_gzip_compress_bound(compressor, text.size()); needed > space_size_) {
        space_.reset(new char[needed]);
        space_size_ = needed;
    }
    const auto size =
        libdeflate_gzip_compress(compressor, text.data(), text.size(), space_.get(), space_size_);
    out.assign(space_.get(), size);
}

}  // namespace heliograph::http
