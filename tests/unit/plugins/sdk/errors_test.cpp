#include <heliograph/errors.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace heliograph {
namespace {

using namespace std::chrono_literals;

std::string_view text_of(const hg_error& error) {
    return {error.text, error.text_size};
}

TEST_CASE("Each exception becomes its status, with its text", "[unit][sdk]") {
    struct Case {
        std::string name;
        std::function<void()> call;
        std::int32_t status;
        std::string text;
        std::int64_t retry_after;
    };
    const auto c = GENERATE(values<Case>({
        {"nothing thrown", [] {}, HG_OK, "", 0},
        {"Retry", [] { throw Retry("away"); }, HG_RETRY, "away", 0},
        {"Retry with a wait", [] { throw Retry("busy", 30s); }, HG_RETRY, "busy", 30'000'000'000},
        {"Fatal", [] { throw Fatal("no such table"); }, HG_FATAL, "no such table", 0},
        {"Refused", [] { throw Refused("bad line"); }, HG_REFUSED, "bad line", 0},
        {"TooLarge", [] { throw TooLarge("413"); }, HG_TOO_LARGE, "413", 0},
        {"Stopped", [] { throw Stopped(); }, HG_STOPPED, "stopped", 0},
        {"bad_alloc", [] { throw std::bad_alloc(); }, HG_OUT_OF_MEMORY, "out of memory", 0},
        {"any std::exception", [] { throw std::out_of_range("at(9)"); }, HG_FATAL, "at(9)", 0},
        {"an int", [] { throw 42; }, HG_FATAL, "the plugin threw something that is not a std::exception", 0},
    }));
    DYNAMIC_SECTION(c.name) {
        hg_error error{};
        error.size = sizeof(error);
        CHECK(detail::guarded(&error, c.call) == c.status);
        CHECK(text_of(error) == c.text);
        CHECK(error.retry_after == c.retry_after);
    }
    SECTION("and no error is wanted at " + c.name) {
        CHECK(detail::guarded(nullptr, c.call) == c.status);
    }
}

TEST_CASE("A long message is cut to what the door holds, between two characters", "[unit][sdk]") {
    struct Case {
        std::string name;
        std::string text;
        std::size_t size;
    };
    const std::string full(HG_ERROR_TEXT_SIZE, 'x');
    const auto c = GENERATE_COPY(values<Case>({
        {"just fits", full, HG_ERROR_TEXT_SIZE},
        {"one too many", full + "y", HG_ERROR_TEXT_SIZE},
        {"two bytes over the edge", full.substr(1) + "é and more", HG_ERROR_TEXT_SIZE - 1},
        {"two bytes at the edge", full.substr(2) + "é and more", HG_ERROR_TEXT_SIZE},
        {"four bytes over the edge", full.substr(3) + "😀", HG_ERROR_TEXT_SIZE - 3},
        {"not UTF-8", std::string(2000, '\x80'), HG_ERROR_TEXT_SIZE - 3},
    }));
    DYNAMIC_SECTION(c.name) {
        hg_error error{};
        CHECK(detail::guarded(&error, [&] { throw Fatal(c.text); }) == HG_FATAL);
        CHECK(text_of(error) == c.text.substr(0, c.size));
    }
}

}  // namespace
}  // namespace heliograph
