#include "core/observe/log.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <array>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace heliograph::observe {
namespace {

/// A log that writes into a pipe, and what came out of it.
class Piped {
public:
    explicit Piped(LogFormat format = LogFormat::text)
        : ends_(open_pipe()), log(format, LogLevel::info, ends_[1]) {}
    Piped(const Piped&) = delete;
    Piped& operator=(const Piped&) = delete;
    ~Piped() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

private:
    static std::array<int, 2> open_pipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        return ends;
    }
    std::array<int, 2> ends_;

public:
    Log log;

    /// All that was written since the last call.
    std::string text() {
        std::array<char, 65536> bytes{};
        const ssize_t size = ::read(ends_[0], bytes.data(), bytes.size());
        return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    /// As above, with the time at the front of a line, or in its "time", as T.
    std::string without_time() {
        std::string all = text();
        const std::size_t at = all.starts_with("{\"time\":\"") ? 9 : 0;
        REQUIRE(all.size() > at + 24);
        CHECK(all[at + 10] == 'T');
        CHECK(all[at + 23] == 'Z');
        return all.replace(at, 24, "T");
    }
};

TEST_CASE("A line has time, level, node and message", "[unit][observe]") {
    struct Case {
        std::string name;
        LogFormat format;
        LogLevel level;
        std::string node;
        std::string message;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"text", LogFormat::text, LogLevel::info, "inputs.roof", "opened", "T info    inputs.roof: opened\n"},
        {"text, no node", LogFormat::text, LogLevel::warning, "", "careful", "T warning careful\n"},
        {"text, control characters", LogFormat::text, LogLevel::error, "n", "a\nb\tc\x1b[31m\x7f\r",
         "T error   n: a\\nb\\x09c\\x1b[31m\\x7f\\x0d\n"},
        {"text, UTF-8", LogFormat::text, LogLevel::debug, "n", "5 °C", "T debug   n: 5 °C\n"},
        {"JSON", LogFormat::json, LogLevel::info, "inputs.roof", "opened",
         "{\"time\":\"T\",\"level\":\"info\",\"node\":\"inputs.roof\",\"message\":\"opened\"}\n"},
        {"JSON, no node", LogFormat::json, LogLevel::error, "", "x",
         "{\"time\":\"T\",\"level\":\"error\",\"message\":\"x\"}\n"},
        {"JSON, escapes", LogFormat::json, LogLevel::info, "", "a\"b\\c\n\x01é",
         "{\"time\":\"T\",\"level\":\"info\",\"message\":\"a\\\"b\\\\c\\u000a\\u0001é\"}\n"},
        {"empty", LogFormat::text, LogLevel::info, "n", "", "T info    n: \n"},
    }));
    DYNAMIC_SECTION(c.name) {
        Piped piped(c.format);
        piped.log.write(c.level, c.node, c.message);
        CHECK(piped.without_time() == c.want);
    }
}

TEST_CASE("Format and level can be changed", "[unit][observe]") {
    Piped piped;
    CHECK(piped.log.level() == LogLevel::info);
    piped.log.configure(LogFormat::json, LogLevel::debug);
    CHECK(piped.log.level() == LogLevel::debug);
    piped.log.write(LogLevel::debug, "", "x");
    CHECK(piped.without_time() == "{\"time\":\"T\",\"level\":\"debug\",\"message\":\"x\"}\n");
}

TEST_CASE("A hidden secret is never written", "[unit][observe]") {
    struct Case {
        std::string name;
        std::vector<std::string> secrets;
        std::string message;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"once", {"hunter22"}, "token hunter22 refused", "token *** refused"},
        {"everywhere", {"hunter22"}, "hunter22,hunter22hunter22", "***,******"},
        {"short ones would hide half of every line", {"abc"}, "abc", "abc"},
        {"the beginning of a longer one first", {"pass", "password1"}, "password1 pass", "*** ***"},
        {"the longer one first", {"password1", "pass"}, "password1 pass", "*** ***"},
        {"given twice", {"secret", "secret"}, "a secret", "a ***"},
        {"with a line feed", {"two\nlines"}, "it is two\nlines.", "it is ***."},
        {"of stars", {"****"}, "a **** b", "a *** b"},
    }));
    DYNAMIC_SECTION(c.name) {
        const LogFormat format = GENERATE(LogFormat::text, LogFormat::json);
        Piped piped(format);
        for (const std::string& secret : c.secrets) {
            piped.log.hide(secret);
        }
        piped.log.write(LogLevel::info, "", c.message);
        CHECK(piped.without_time() ==
              (format == LogFormat::text
                   ? "T info    " + c.want + "\n"
                   : "{\"time\":\"T\",\"level\":\"info\",\"message\":\"" + c.want + "\"}\n"));
    }
}

TEST_CASE("Times are written in UTC with milliseconds", "[unit][observe]") {
    struct Case {
        std::int64_t nanoseconds;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {0, "1970-01-01T00:00:00.000Z"},
        {1'782'036'000'123'999'999, "2026-06-21T10:00:00.123Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1'000'000'000, "1969-12-31T23:59:59.000Z"},
        {951'782'400'000'000'000, "2000-02-29T00:00:00.000Z"},
        {std::numeric_limits<std::int64_t>::max(), "2262-04-11T23:47:16.854Z"},
        {std::numeric_limits<std::int64_t>::min() + 1, "1677-09-21T00:12:43.145Z"},
    }));
    std::string text;
    append_time(text, c.nanoseconds);
    CHECK(text == c.want);
}

TEST_CASE("Lines of several threads do not mix", "[unit][observe]") {
    Piped piped;
    std::vector<std::thread> writers;
    for (const char letter : {'a', 'b', 'c'}) {
        writers.emplace_back([&piped, letter] {
            for (int i = 0; i < 50; ++i) {
                piped.log.write(LogLevel::info, "", std::string(100, letter));
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    std::string all = piped.text();
    std::size_t lines = 0;
    for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n')) {
        const std::string message = all.substr(end - 100, 100);
        CHECK(message.find_first_not_of(message.front()) == std::string::npos);
        all.erase(0, end + 1);
        ++lines;
    }
    CHECK(lines == 150);
    CHECK(all.empty());
}

}  // namespace
}  // namespace heliograph::observe
