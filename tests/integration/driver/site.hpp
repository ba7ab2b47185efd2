// The smallest solar site: simulated DTUs, a config that reads them into a SQLite file, and the program on
// it.
#pragma once

#include "tests/integration/driver/database.hpp"
#include "tests/integration/driver/program.hpp"
#include "tests/integration/driver/workspace.hpp"
#include "tools/dtu_simulator/simulator.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace heliograph::testing {

/// What a test wants of its site. Lines are TOML, put into their tables as they are.
struct SiteSettings {
    dtu_simulator::Settings dtus = {};
    std::chrono::milliseconds interval{1000};
    std::string agent_lines = {};
    std::string input_lines = {};
    std::string output_lines = {};
};

/// Noon of a June day: the time at which a simulated clock stands still unless the test moves it.
inline constexpr std::int64_t kNoon = 1'718'884'800'000'000'000;

class Site {
public:
    /// Starts the DTUs and writes the config: input `roof`, output `archive`. No DTU may be missing for
    /// longer than 500 ms. A site whose DTUs' clock has no speed and no start stands at kNoon.
    explicit Site(SiteSettings settings);

    [[nodiscard]] dtu_simulator::DtuSimulator& dtus() { return dtus_; }
    [[nodiscard]] const Workspace& workspace() const { return workspace_; }
    [[nodiscard]] const Database& archive() const { return archive_; }
    [[nodiscard]] std::filesystem::path archive_path() const { return workspace_.file("archive.db"); }
    [[nodiscard]] std::filesystem::path config_path() const { return workspace_.file("heliograph.toml"); }
    /// The value of the tag dtu_name: "127.0.0.1:port".
    [[nodiscard]] std::string dtu_name(std::size_t dtu) const;

    /// A run of the program on the config. What the DTUs saw of an earlier run is checked first and then
    /// forgotten: two runs do not know when the other sent its last request.
    [[nodiscard]] std::unique_ptr<Program> start();

    /// Snapshots of a DTU in the archive.
    [[nodiscard]] std::int64_t snapshots(std::size_t dtu) const;
    /// The time of its last one, unix nanoseconds; 0 before the first.
    [[nodiscard]] std::int64_t last_snapshot(std::size_t dtu) const;
    /// Waits for a snapshot that was taken after this unix time in nanoseconds.
    [[nodiscard]] bool wait_for_snapshot_after(std::size_t dtu, std::int64_t time) const;
    /// Waits for so many snapshots more than there are.
    [[nodiscard]] bool wait_for_snapshots(std::size_t dtu, std::int64_t more) const;

    /// Scans that the DTUs have seen to their end.
    [[nodiscard]] std::uint64_t scans_completed() const;

    /// Fails the test if in this run any DTU had two connections at once, or requests less than 95 ms apart.
    void check_manners() const;
    /// Fails the test if the archive holds what no inverter measured: a counter of 0 or one that fell, 0 V or
    /// 0 Hz.
    void check_archive() const;

private:
    Workspace workspace_;
    dtu_simulator::DtuSimulator dtus_;
    Database archive_;
};

}  // namespace heliograph::testing
