// What a plugin throws to say how a call ended; the SDK catches it at the door and turns it into a status.
#pragma once

#include <heliograph/abi.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heliograph {

/// The far side is away or busy: what was not delivered is kept and offered again. `after` is how long it
/// asked to be left alone, 0 when it did not say.
class Retry : public std::runtime_error {
public:
    explicit Retry(const std::string& what, std::chrono::nanoseconds after = {})
        : std::runtime_error(what), after_(after) {}
    [[nodiscard]] std::chrono::nanoseconds after() const noexcept { return after_; }

private:
    std::chrono::nanoseconds after_;
};

/// This node cannot work as it is configured. Data is kept all the same; the host tries again, slowly.
class Fatal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The far side refused the whole write and did not say which metric is at fault; the host bisects.
class Refused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The write is too large for the far side; the host splits it.
class TooLarge : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The call ended early because interrupt was called.
class Stopped : public std::runtime_error {
public:
    Stopped() : std::runtime_error("stopped") {}
};

namespace detail {

inline void fill_error(hg_error* error, std::string_view text, std::chrono::nanoseconds after = {}) noexcept {
    if (error == nullptr) {
        return;
    }
    std::size_t size = std::min<std::size_t>(text.size(), HG_ERROR_TEXT_SIZE);
    // A character of several bytes is left out rather than cut in two.
    for (int i = 0; i < 3 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U;
         ++i) {
        --size;
    }
    std::memcpy(error->text, text.data(), size);
    error->text_size = static_cast<std::uint32_t>(size);
    error->retry_after = after.count();
}

/// Runs a call of the plugin so that nothing but a status leaves it.
template <class Call>
std::int32_t guarded(hg_error* error, Call&& call) noexcept {
    try {
        call();
        return HG_OK;
    } catch (const Retry& retry) {
        fill_error(error, retry.what(), retry.after());
        return HG_RETRY;
    } catch (const Refused& refused) {
        fill_error(error, refused.what());
        return HG_REFUSED;
    } catch (const TooLarge& too_large) {
        fill_error(error, too_large.what());
        return HG_TOO_LARGE;
    } catch (const Stopped& stopped) {
        fill_error(error, stopped.what());
        return HG_STOPPED;
    } catch (const std::bad_alloc&) {
        fill_error(error, "out of memory");
        return HG_OUT_OF_MEMORY;
    } catch (const std::exception& exception) {
        fill_error(error, exception.what());
        return HG_FATAL;
    } catch (...) {
        fill_error(error, "the plugin threw something that is not a std::exception");
        return HG_FATAL;
    }
}

}  // namespace detail
}  // namespace heliograph
