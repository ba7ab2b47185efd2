// An output with a buffer on disk: what it was given outlives a kill, a stop, and damage to the files.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace {

using namespace heliograph::testing;

namespace fs = std::filesystem;

/// A gather yields one metric of the DTU, one of the inverter and two of its ports.
constexpr std::int64_t kMetricsOfSnapshot = 4;

SiteSettings on_disk(const std::string& sync) {
    SiteSettings settings;
    settings.interval = std::chrono::milliseconds(500);
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.agent_lines = "stop_timeout = \"10s\"\n";
    settings.output_lines =
        "buffer = \"disk\"\nsync = \"" + sync +
        "\"\nbusy_timeout = \"100ms\"\nretry_initial = \"100ms\"\nretry_max = \"200ms\"\n";
    return settings;
}

Finished buffer(const Site& site, std::vector<std::string> words) {
    words.insert(words.begin(), "buffer");
    words.insert(words.end(), {"-c", site.config_path().string()});
    return run(site.workspace(), {words});
}

/// How many metrics wait in the buffer, as a person is told.
std::int64_t waiting(const Site& site) {
    const Finished listed = buffer(site, {"list"});
    const std::size_t at = listed.output.find(": ");
    return at == std::string::npos ? 0 : std::stoll(listed.output.substr(at + 2));
}

fs::path buffer_folder(const Site& site) {
    return site.workspace().file("state/buffers/outputs.archive");
}

/// The newest segment.
fs::path segment(const Site& site) {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(buffer_folder(site))) {
        if (entry.path().extension() == ".log" && entry.path() > newest) {
            newest = entry.path();
        }
    }
    return newest;
}

}  // namespace

TEST_CASE("what waits on disk when the program is killed is delivered by the next run", "[fault][disk]") {
    const auto sync = GENERATE(as<std::string>(), "always", "1s", "never");
    CAPTURE(sync);
    Site site(on_disk(sync));
    std::int64_t delivered = 0;
    std::int64_t left = 0;
    {
        const auto program = site.start();
        REQUIRE(site.wait_for_snapshots(0, 2));
        const DatabaseLock lock(site.archive_path());
        REQUIRE(program->wait_for_log("cannot write, the metrics are kept"));
        REQUIRE(eventually([&] { return waiting(site) >= 3 * kMetricsOfSnapshot; }));
        program->signal(SIGKILL);
        REQUIRE(program->wait() == 128 + SIGKILL);
        delivered = site.archive().row_count();
        left = waiting(site);
        CHECK(left % kMetricsOfSnapshot == 0);
    }
    const auto next = site.start();
    REQUIRE(next->wait_for_log(std::to_string(left) + " metrics wait on disk from an earlier run"));
    REQUIRE(site.wait_for_snapshots(0, left / kMetricsOfSnapshot + 1));
    const Ledger ledger = stop_and_check(*next);
    const LedgerLine& output = ledger.at("outputs.archive");
    CHECK(output.at("received") == left + ledger.at("inputs.roof").at("delivered"));
    CHECK(output.at("delivered") == output.at("received"));
    CHECK(site.archive().row_count() == delivered + output.at("delivered"));
    CHECK(waiting(site) == 0);
    site.check_archive();
}

TEST_CASE("what cannot be delivered before a stop stays on disk", "[fault][disk]") {
    Site site(on_disk("1s"));
    std::int64_t left = 0;
    {
        const auto program = site.start();
        REQUIRE(site.wait_for_snapshots(0, 1));
        const DatabaseLock lock(site.archive_path());
        REQUIRE(program->wait_for_log("cannot write, the metrics are kept"));
        const Ledger ledger = stop_and_check(*program);
        const LedgerLine& output = ledger.at("outputs.archive");
        left = output.at("held");
        CHECK(left >= kMetricsOfSnapshot);
        CHECK(output.at("dropped") == 0);
        CHECK(waiting(site) == left);
    }
    const auto next = site.start();
    REQUIRE(site.wait_for_snapshots(0, left / kMetricsOfSnapshot + 1));
    const Ledger ledger = stop_and_check(*next);
    CHECK(ledger.at("outputs.archive").at("received") == left + ledger.at("inputs.roof").at("delivered"));
    CHECK(ledger.at("outputs.archive").at("delivered") == ledger.at("outputs.archive").at("received"));
    site.check_archive();
}

TEST_CASE("a torn end and a damaged record cost only themselves, and the doctor names them",
          "[fault][disk]") {
    Site site(on_disk("1s"));
    std::int64_t left = 0;
    {
        const auto program = site.start();
        REQUIRE(site.wait_for_snapshots(0, 1));
        const DatabaseLock lock(site.archive_path());
        REQUIRE(eventually([&] { return waiting(site) >= 4 * kMetricsOfSnapshot; }));
        program->signal(SIGKILL);
        REQUIRE(program->wait().has_value());
        left = waiting(site);
    }
    CHECK(buffer(site, {"verify"}).exit_code == 0);
    const Finished exported = buffer(site, {"export"});
    CHECK(std::count(exported.output.begin(), exported.output.end(), '\n') == left);

    std::string bytes = read_file(segment(site));
    // The second record from the end, somewhere in its text; and a record that was being written at the kill.
    const std::size_t last = bytes.rfind("\n#R ");
    const std::size_t second = bytes.rfind("\n#R ", last - 1);
    bytes[second + 60] = static_cast<char>(bytes[second + 60] ^ 1);
    bytes += "#R 00000000";
    std::ofstream(segment(site), std::ios::binary) << bytes;
    const Finished verified = buffer(site, {"verify"});
    CHECK(verified.exit_code == 1);
    CHECK(verified.output.find(" bytes at offset " + std::to_string(second + 1) + " are damaged") !=
          std::string::npos);
    CHECK(verified.output.find("11 bytes at offset " + std::to_string(bytes.size() - 11) +
                               " are no whole record") != std::string::npos);

    const bool repaired = GENERATE(false, true);
    CAPTURE(repaired);
    if (repaired) {
        const Finished repair = buffer(site, {"repair"});
        CHECK(repair.exit_code == 0);
        CHECK(repair.output.find("repaired; what was cut out is kept in the .damaged files") !=
              std::string::npos);
    }
    const auto next = site.start();
    REQUIRE(
        next->wait_for_log("4 metrics are lost: the records of the disk buffer that held them are damaged"));
    REQUIRE(site.wait_for_snapshots(0, 1));
    const Ledger ledger = stop_and_check(*next);
    const LedgerLine& output = ledger.at("outputs.archive");
    CHECK(output.at("dropped") == kMetricsOfSnapshot);
    CHECK(output.at("received") == left + ledger.at("inputs.roof").at("delivered"));
    CHECK(output.at("delivered") == output.at("received") - kMetricsOfSnapshot);
    if (!repaired) {
        CHECK(count_of(next->log(), "ended within a record; 11 bytes were cut off") == 1);
    }
}

TEST_CASE("an export is delivered again by replay, and a repeat changes nothing", "[fault][disk]") {
    Site site(on_disk("1s"));
    {
        const auto program = site.start();
        REQUIRE(site.wait_for_snapshots(0, 1));
        const DatabaseLock lock(site.archive_path());
        REQUIRE(eventually([&] { return waiting(site) >= 2 * kMetricsOfSnapshot; }));
        program->signal(SIGKILL);
        REQUIRE(program->wait().has_value());
    }
    const std::int64_t rows = site.archive().row_count();
    const std::int64_t left = waiting(site);
    const auto file = site.workspace().write("export.lp", buffer(site, {"export"}).output);
    for (const std::string& source : {file.string(), buffer_folder(site).string()}) {
        const Finished replayed = buffer(site, {"replay", "archive", source});
        INFO(replayed.error);
        CHECK(replayed.exit_code == 0);
        CHECK(replayed.output ==
              std::to_string(left) + " metrics delivered, 0 rejected, 0 filtered, 0 not delivered\n");
        CHECK(site.archive().row_count() == rows + left);
    }
}

TEST_CASE("the doctor leaves a buffer alone whose program runs", "[fault][disk]") {
    Site site(on_disk("1s"));
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    CHECK(buffer(site, {"list"}).exit_code == 0);
    const Finished repair = buffer(site, {"repair"});
    CHECK(repair.exit_code == 1);
    CHECK(repair.error.find("another heliograph (process ") != std::string::npos);
    stop_and_check(*program);
}

TEST_CASE("a folder that cannot be written to degrades the buffer to memory, until it can", "[fault][disk]") {
    Site site(on_disk("1s"));
    fs::create_directories(site.workspace().file("state"));
    const auto in_the_way = site.workspace().write("state/buffers", "");
    const auto program = site.start();
    REQUIRE(program->wait_for_log("cannot open what it holds: Not a directory"));
    REQUIRE(site.wait_for_snapshots(0, 2));
    fs::remove(in_the_way);
    REQUIRE(program->wait_for_log("can open what it holds again, after"));
    REQUIRE(eventually([&] { return fs::exists(buffer_folder(site) / "position"); }));
    const Ledger ledger = stop_and_check(*program);
    CHECK(ledger.at("outputs.archive").at("delivered") == ledger.at("inputs.roof").at("delivered"));
    CHECK(count_of(program->log(), "cannot open what it holds") == 1);
}

TEST_CASE("a rejected metric is in the dead letter, and can be delivered from there",
          "[fault][dead_letter]") {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.output_lines = "max_columns = 9\n";  // too few for an inverter
    Site site(settings);
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 2));
    const Ledger ledger = stop_and_check(*program);
    const std::int64_t rejected = ledger.at("outputs.archive").at("rejected");
    CHECK(rejected >= 2);
    const auto letter = site.workspace().file("state/dead_letter/outputs.archive.lp");
    const std::string text = read_file(letter);
    CHECK(count_of(text, "\ninverter,") == static_cast<std::size_t>(rejected));
    CHECK(count_of(text, "Z outputs.archive: table \"inverter\" would grow to ") ==
          static_cast<std::size_t>(rejected));

    std::string config = read_file(site.config_path());
    config.replace(config.find("max_columns = 9"), 15, "max_columns = 90");
    site.workspace().write("heliograph.toml", config);
    const Finished replayed = buffer(site, {"replay", "archive", letter.string()});
    INFO(replayed.error);
    CHECK(replayed.exit_code == 0);
    CHECK(site.archive().number("SELECT count(*) FROM inverter") == rejected);
}
