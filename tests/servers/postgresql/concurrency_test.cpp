// Several writers that make and change the same tables at once.
#include "tests/servers/postgresql/postgres_fixture.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql::test;

namespace {

constexpr std::size_t kWriters = 4;
constexpr std::size_t kBatches = 20;
constexpr std::size_t kRows = 50;

/// Each batch brings a field of its own, and a few bring a tag of their own: to a table of all writers.
void fill(OwnedBatch& batch, std::size_t writer, std::size_t number) {
    batch.reset();
    const std::string field = "field_" + std::to_string(writer) + "_" + std::to_string(number);
    const std::string tag = "tag_" + std::to_string(writer) + "_" + std::to_string(number / 10);
    for (std::size_t row = 0; row < kRows; ++row) {
        batch.batch()
            .add("shared", 2, 2)
            .tag("writer", std::to_string(writer))
            .tag(std::string_view(tag), std::to_string(row))
            .field(std::string_view(field), static_cast<double>(row))
            .field("power", std::int64_t{1})
            .time(kNoon + static_cast<std::int64_t>(number) * kSecond);
    }
}

}  // namespace

TEST_CASE("four writers make the same table and add their columns and tags without losing a row",
          "[servers][postgresql]") {
    PostgresFixture fixture;
    struct Writer {
        testkit::RecordingHost host;
        std::unique_ptr<testkit::PluginUnderTest> output;
        std::string error;
        std::size_t rejected = 0;
        std::size_t retries = 0;
        std::thread thread;
    };
    std::vector<Writer> writers(kWriters);
    for (std::size_t number = 0; number < kWriters; ++number) {
        Writer& writer = writers[number];
        writer.host.use_system_clock();
        writer.output = std::make_unique<testkit::PluginUnderTest>(PostgresFixture::descriptor(), writer.host,
                                                                   fixture.settings());
        writer.thread = std::thread([&writer, number] {
            OwnedBatch batch;
            for (std::size_t i = 0; i < kBatches && writer.error.empty(); ++i) {
                fill(batch, number, i);
                for (;;) {
                    const auto outcome = writer.output->write(batch.metrics());
                    writer.rejected += outcome.rejected.size();
                    if (outcome.ok()) {
                        break;
                    }
                    if (outcome.status != HG_RETRY || ++writer.retries > 100) {
                        writer.error = outcome.error;
                        break;
                    }
                }
            }
        });
    }
    for (Writer& writer : writers) {
        writer.thread.join();
        CHECK(writer.error == "");
        CHECK(writer.rejected == 0);
    }
    CHECK(fixture.value("SELECT count(*) FROM shared WHERE power = 1") ==
          std::to_string(kWriters * kBatches * kRows));
    CHECK(fixture.value(
              "SELECT count(*) FROM pg_attribute WHERE attrelid = 'shared'::regclass AND attname LIKE "
              "'field%'") == std::to_string(kWriters * kBatches));
    CHECK(fixture.value("SELECT count(*) FROM pg_index WHERE indrelid = 'shared'::regclass") == "1");
}
