#include "outputs/stdout/standard_output.hpp"

#include "plugins/testkit/plugin_under_test.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <limits>
#include <string>

namespace heliograph::standard_output {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;
using testkit::Settings;

const hg_descriptor& stdout_descriptor() {
    return descriptor<StandardOutput>(StandardOutput::kType, StandardOutput::kSummary);
}

/// Puts a file in the place of a stream of this process until the end of the scope.
class Captured {
public:
    explicit Captured(int descriptor)
        : descriptor_(descriptor), file_(std::tmpfile()), saved_(dup(descriptor)) {
        flush();
        dup2(fileno(file_), descriptor_);
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    ~Captured() {
        restore();
        std::fclose(file_);
    }

    /// What was written; the stream is as before from here on.
    std::string text() {
        restore();
        std::string all;
        std::rewind(file_);
        for (int c = 0; (c = std::fgetc(file_)) != EOF;) {
            all += static_cast<char>(c);
        }
        return all;
    }

private:
    static void flush() {
        std::cout.flush();
        std::fflush(nullptr);
    }
    void restore() {
        if (saved_ >= 0) {
            flush();
            dup2(saved_, descriptor_);
            close(saved_);
            saved_ = -1;
        }
    }

    int descriptor_;
    std::FILE* file_;
    int saved_;
};

void fill(OwnedBatch& batch) {
    batch.batch()
        .add("inverter")
        .tag("serial", "S 1")
        .field("power", 412.5)
        .field("energy", std::int64_t{1500})
        .time(1'782'036'000'000'000'000);
}

std::string written(const Settings& settings, int descriptor) {
    RecordingHost host;
    PluginUnderTest plugin(stdout_descriptor(), host, settings);
    OwnedBatch batch;
    fill(batch);
    Captured captured(descriptor);
    const auto opened = plugin.open();
    const auto outcome = plugin.write(batch.metrics());
    const std::string text = captured.text();
    CHECK(opened.ok());
    CHECK(outcome.ok());
    CHECK(outcome.rejected.empty());
    return text;
}

}  // namespace

TEST_CASE("each format is written to standard output", "[unit][stdout]") {
    CHECK(written({}, STDOUT_FILENO) ==
          "inverter,serial=S\\ 1 power=412.5,energy=1500i 1782036000000000000\n");
    CHECK(written({{"format", std::string("json")}}, STDOUT_FILENO) ==
          R"({"name":"inverter","time":"2026-06-21T10:00:00.000000000Z","tags":{"serial":"S 1"},)"
          R"("fields":{"power":412.5,"energy":1500}})"
          "\n");
    CHECK(written({{"format", std::string("table")}}, STDOUT_FILENO) ==
          "inverter\n"
          "time      serial  power  energy\n"
          "10:00:00  S 1     412.5    1500\n");
}

TEST_CASE("standard error can be the target", "[unit][stdout]") {
    CHECK(written({{"target", std::string("stderr")}}, STDERR_FILENO) ==
          "inverter,serial=S\\ 1 power=412.5,energy=1500i 1782036000000000000\n");
}

TEST_CASE("a metric that line protocol cannot say is rejected, the others are written", "[unit][stdout]") {
    RecordingHost host;
    PluginUnderTest plugin(stdout_descriptor(), host);
    OwnedBatch batch;
    batch.batch().add("none").time(0);
    batch.batch().add("m").field("bad", std::numeric_limits<double>::quiet_NaN()).field("good", 1.5).time(1);
    Captured captured(STDOUT_FILENO);
    (void)plugin.open();
    const auto outcome = plugin.write(batch.metrics());
    const std::string text = captured.text();
    CHECK(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_FALSE(outcome.rejected.at(0).empty());
    CHECK(text == "m good=1.5 1\n");
    CHECK(host.counter("dropped_fields") == 1);
}

TEST_CASE("the output says that it names what it rejects and that repeats show", "[unit][stdout]") {
    CHECK((stdout_descriptor().abilities & HG_ABILITY_PARTIAL) != 0);
    CHECK((stdout_descriptor().abilities & HG_ABILITY_IDEMPOTENT) == 0);
}

}  // namespace heliograph::standard_output
