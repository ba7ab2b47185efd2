#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <utility>

namespace heliograph::testing {
namespace {

using namespace std::chrono_literals;

dtu_simulator::Settings standing_at_noon(dtu_simulator::Settings settings) {
    if (!settings.start_time && settings.speed == 1) {
        settings.start_time = kNoon;
    }
    return settings;
}

}  // namespace

Site::Site(SiteSettings settings)
    : dtus_(standing_at_noon(settings.dtus)), archive_(workspace_.file("archive.db")) {
    dtus_.start();
    if (settings.dtus.speed == 1) {
        dtus_.set_time(settings.dtus.start_time.value_or(kNoon));
    }
    std::string hosts;
    for (std::size_t dtu = 0; dtu < dtus_.size(); ++dtu) {
        hosts += (hosts.empty() ? "\"" : ", \"") + dtu_name(dtu) + "\"";
    }
    workspace_.write("heliograph.toml",
                     "[agent]\ninterval = \"" + std::to_string(settings.interval.count()) +
                         "ms\"\nstate_dir = \"" + workspace_.file("state").string() + "\"\n" +
                         settings.agent_lines + "\n\n[inputs.roof]\ntype = \"hoymiles_dtu\"\nhosts = [" +
                         hosts + "]\nutc_offset = \"Z\"\ntimeout = \"500ms\"\n" + settings.input_lines +
                         "\n\n[outputs.archive]\ntype = \"sql\"\nfrom = [\"roof\"]\nurl = \"sqlite://" +
                         archive_path().string() + "\"\n" + settings.output_lines + "\n");
}

std::string Site::dtu_name(std::size_t dtu) const {
    return "127.0.0.1:" + std::to_string(dtus_.port(dtu));
}

std::unique_ptr<Program> Site::start() {
    check_manners();
    for (std::size_t dtu = 0; dtu < dtus_.size(); ++dtu) {
        CHECK(eventually([&] { return dtus_.statistics(dtu).connections_open == 0; }));
        dtus_.reset_statistics(dtu);
    }
    return std::make_unique<Program>(workspace_, Launch{{"run", "-c", config_path().string()}});
}

std::int64_t Site::snapshots(std::size_t dtu) const {
    return archive_.number("SELECT count(*) FROM dtu WHERE dtu_name = '" + dtu_name(dtu) + "'");
}

std::int64_t Site::last_snapshot(std::size_t dtu) const {
    return archive_.number("SELECT max(time) FROM dtu WHERE dtu_name = '" + dtu_name(dtu) + "'");
}

bool Site::wait_for_snapshot_after(std::size_t dtu, std::int64_t time) const {
    return eventually([&] { return last_snapshot(dtu) > time; });
}

bool Site::wait_for_snapshots(std::size_t dtu, std::int64_t more) const {
    const std::int64_t wanted = snapshots(dtu) + more;
    return eventually([&] { return snapshots(dtu) >= wanted; });
}

std::uint64_t Site::scans_completed() const {
    std::uint64_t scans = 0;
    for (std::size_t dtu = 0; dtu < dtus_.size(); ++dtu) {
        scans += dtus_.statistics(dtu).scans_completed;
    }
    return scans;
}

void Site::check_manners() const {
    for (std::size_t dtu = 0; dtu < dtus_.size(); ++dtu) {
        INFO("DTU " << dtu);
        const dtu_simulator::Statistics seen = dtus_.statistics(dtu);
        CHECK(seen.most_open_at_once <= 1);
        CHECK(seen.framing_errors == 0);
        if (seen.shortest_gap) {
            // The client waits 100 ms by its own clock; what arrives may have been held up a little less than
            // the last.
            CHECK(*seen.shortest_gap >= 95ms);
        }
    }
}

void Site::check_archive() const {
    CHECK(archive_.number("SELECT count(*) FROM inverter WHERE grid_voltage <= 0 OR grid_frequency <= 0") ==
          0);
    CHECK(archive_.number("SELECT count(*) FROM port WHERE pv_voltage <= 0") == 0);
    std::map<std::string, std::int64_t> last;
    const auto check_growth = [&](const std::string& query) {
        for (const Row& row : archive_.rows(query)) {
            const auto& series = std::get<std::string>(row.at("series"));
            const auto total = std::get<std::int64_t>(row.at("total_production"));
            const auto time = std::get<std::int64_t>(row.at("time"));
            std::int64_t& before = last[series];
            if (total == 0 || total < before) {
                CAPTURE(series, time, before, total);
                CHECK(total > 0);
                CHECK(total >= before);
            }
            before = total;
        }
    };
    check_growth(
        "SELECT time, serial_number || ' port ' || port_number AS series, total_production FROM port "
        "WHERE total_production IS NOT NULL ORDER BY time");
    check_growth(
        "SELECT time, dtu_serial AS series, total_production FROM dtu "
        "WHERE total_production IS NOT NULL ORDER BY time");
    CHECK_FALSE(last.empty());
}

}  // namespace heliograph::testing
