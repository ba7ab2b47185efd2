#include "outputs/stdout/descriptor_writer.hpp"

#include <heliograph/errors.hpp>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>

namespace heliograph::standard_output {
namespace {

/// A pipe whose ends close at the end of the test. The host ignores SIGPIPE, and so does this.
class Pipe {
public:
    Pipe() {
        signal(SIGPIPE, SIG_IGN);
        REQUIRE(pipe(ends_) == 0);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    [[nodiscard]] int reader() const { return ends_[0]; }
    [[nodiscard]] int writer() const { return ends_[1]; }
    void close_end(std::size_t which) {
        if (ends_[which] >= 0) {
            close(ends_[which]);
            ends_[which] = -1;
        }
    }

private:
    int ends_[2] = {-1, -1};
};

/// A disk that fills: no file may grow beyond a size while this lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : old_handler_(signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &old_);
        signal(SIGXFSZ, old_handler_);
    }

private:
    rlimit old_{};
    void (*old_handler_)(int);
};

std::string read_all(int descriptor) {
    std::string all;
    char chunk[1000];
    for (ssize_t size = 0; (size = read(descriptor, chunk, sizeof chunk)) > 0;) {
        all.append(chunk, static_cast<std::size_t>(size));
    }
    return all;
}

std::string big_text() {
    std::string text;
    for (int i = 0; text.size() < 300'000; ++i) {
        text += std::to_string(i) + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("more than a pipe holds is written as the reader makes room", "[unit][stdout]") {
    const bool is_blocking = GENERATE(true, false);
    CAPTURE(is_blocking);
    Pipe pipe;
    if (!is_blocking) {
        REQUIRE(fcntl(pipe.writer(), F_SETFL, O_NONBLOCK) == 0);
    }
    const std::string text = big_text();
    std::string got;
    std::thread reader([&] { got = read_all(pipe.reader()); });
    DescriptorWriter writer(pipe.writer(), "standard output");
    writer.open();
    writer.write(text);
    pipe.close_end(1);
    reader.join();
    CHECK(got == text);
}

TEST_CASE("a write that waits for a reader ends when interrupted", "[unit][stdout]") {
    Pipe pipe;
    DescriptorWriter writer(pipe.writer(), "standard output");
    writer.open();
    std::thread interrupter([&] { writer.interrupt(); });
    CHECK_THROWS_AS(writer.write(big_text()), Stopped);
    interrupter.join();
    writer.open();
    CHECK_NOTHROW(writer.write(""));
}

TEST_CASE("a pipe without a reader is fatal", "[unit][stdout]") {
    Pipe pipe;
    DescriptorWriter writer(pipe.writer(), "standard output");
    writer.open();
    pipe.close_end(0);
    CHECK_THROWS_AS(writer.write("x"), Fatal);
}

TEST_CASE("a closed descriptor is fatal at open", "[unit][stdout]") {
    DescriptorWriter writer(-1, "standard output");
    CHECK_THROWS_WITH(writer.open(), Catch::StartsWith("standard output is closed"));
}

TEST_CASE("a full disk is tried again", "[unit][stdout]") {
    const int full = open("/dev/full", O_WRONLY);
    REQUIRE(full >= 0);
    DescriptorWriter writer(full, "standard output");
    writer.open();
    CHECK_THROWS_AS(writer.write("x"), Retry);
    CHECK_THROWS_WITH(writer.write("x"), "cannot write to standard output: No space left on device");
    close(full);
}

TEST_CASE("what follows a line that was cut short begins on a line of its own", "[unit][stdout]") {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    const int descriptor = fileno(file);
    DescriptorWriter writer(descriptor, "standard output");
    writer.open();
    {
        const FileSizeLimit disk_that_fills(10);
        CHECK_THROWS_AS(writer.write("first\nsecond\n"), Retry);
    }
    writer.open();
    writer.write("");
    writer.write("first\nsecond\n");
    writer.write("third\n");
    REQUIRE(lseek(descriptor, 0, SEEK_SET) == 0);
    CHECK(read_all(descriptor) == "first\nseco\nfirst\nsecond\nthird\n");
    std::fclose(file);
}

TEST_CASE("what follows whole lines gets no empty line before it", "[unit][stdout]") {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    const int descriptor = fileno(file);
    DescriptorWriter writer(descriptor, "standard output");
    writer.open();
    {
        const FileSizeLimit disk_that_fills(6);
        CHECK_THROWS_AS(writer.write("first\nsecond\n"), Retry);
    }
    writer.write("second\n");
    REQUIRE(lseek(descriptor, 0, SEEK_SET) == 0);
    CHECK(read_all(descriptor) == "first\nsecond\n");
    std::fclose(file);
}

}  // namespace heliograph::standard_output
