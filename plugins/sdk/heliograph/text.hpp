// Text as it crosses the door: conversions between hg_text and std::string_view, and names known at compile
// time.
#pragma once

#include <heliograph/abi.h>

#include <cstddef>
#include <string_view>

namespace heliograph {

[[nodiscard]] constexpr std::string_view view(hg_text text) noexcept {
    return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

[[nodiscard]] constexpr hg_text to_text(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

/// A name of a metric, tag or field. One made from a string literal is used in place, since a module stays
/// loaded for the life of the process; any other text is copied into the arena of the batch that it is put
/// in.
class Name {
public:
    template <std::size_t size>
    consteval Name(const char (&literal)[size]) noexcept  // NOLINT(google-explicit-constructor)
        : text_(literal, size - 1), is_literal_(true) {}
    constexpr Name(std::string_view text) noexcept  // NOLINT(google-explicit-constructor)
        : text_(text), is_literal_(false) {}

    /// A name whose text the caller keeps alive as long as any batch: an option of the plugin, or text of an
    /// adopted buffer. It is used in place.
    [[nodiscard]] static constexpr Name outlives(std::string_view text) noexcept {
        Name name(text);
        name.is_literal_ = true;
        return name;
    }

    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
    [[nodiscard]] constexpr bool is_literal() const noexcept { return is_literal_; }

private:
    std::string_view text_;
    bool is_literal_;
};

}  // namespace heliograph
