#include "plugins/common/line_protocol/buffer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using heliograph::line_protocol::Buffer;

TEST_CASE("A buffer keeps what was appended while it grows", "[unit][line_protocol]") {
    Buffer buffer;
    std::string wanted;
    for (int i = 0; i < 5'000; ++i) {
        const std::string piece = std::to_string(i);
        buffer.append(piece);
        buffer.append(',');
        wanted += piece + ',';
    }
    CHECK(buffer.view() == wanted);
    CHECK(buffer.size() == wanted.size());
}

TEST_CASE("What is prepared counts only once it is committed", "[unit][line_protocol]") {
    Buffer buffer;
    buffer.append("ab");
    char* at = buffer.prepare(1'000);
    CHECK(buffer.capacity() >= 1'002);
    *at++ = 'c';
    CHECK(buffer.view() == "ab");
    buffer.commit(at);
    CHECK(buffer.view() == "abc");
    buffer.truncate(1);
    CHECK(buffer.view() == "a");
}

TEST_CASE("Clearing a buffer keeps its memory", "[unit][line_protocol]") {
    Buffer buffer(4'096);
    const char* const memory = buffer.data();
    buffer.append(std::string(4'096, 'x'));
    buffer.clear();
    buffer.append(std::string(4'096, 'y'));
    CHECK(buffer.data() == memory);
    CHECK(buffer.capacity() == 4'096);
}

TEST_CASE("A moved buffer takes its bytes along", "[unit][line_protocol]") {
    Buffer first;
    first.append("first");
    Buffer second(std::move(first));
    CHECK(second.view() == "first");
    Buffer third;
    third.append("third");
    third = std::move(second);
    CHECK(third.view() == "first");
}

TEST_CASE("Room that cannot exist is refused", "[unit][line_protocol]") {
    Buffer buffer;
    buffer.append("x");
    CHECK_THROWS_AS(buffer.prepare(SIZE_MAX), std::bad_alloc);
    CHECK(buffer.view() == "x");
}
