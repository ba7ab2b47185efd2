// The whole input against simulated DTUs on the loopback.
#include "inputs/hoymiles_dtu/hoymiles_dtu.hpp"

#include "plugins/testkit/plugin_under_test.hpp"
#include "tests/unit/inputs/hoymiles_dtu/name_service.hpp"
#include "tools/dtu_simulator/simulator.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <thread>

namespace heliograph::hoymiles {
namespace {

using namespace std::chrono_literals;
using dtu_simulator::DtuSimulator;
using dtu_simulator::FaultKind;
using testkit::Outcome;
using testkit::PluginUnderTest;
using testkit::RecordingHost;

constexpr std::chrono::nanoseconds kTimeout = 300ms;

const hg_descriptor& hoymiles_descriptor() {
    return descriptor<HoymilesDtu>(HoymilesDtu::kType, HoymilesDtu::kSummary);
}

/// Small plants, so that a scan takes a third of a second: the gap between requests is real.
dtu_simulator::Settings plants(std::size_t count) {
    dtu_simulator::Settings settings;
    settings.count = count;
    settings.plant.inverters = 1;
    settings.plant.ports = 1;
    return settings;
}

std::string address(const DtuSimulator& simulator, std::size_t dtu) {
    return "127.0.0.1:" + std::to_string(simulator.port(dtu));
}

testkit::Settings settings_for(const DtuSimulator& simulator) {
    std::vector<std::string> hosts;
    for (std::size_t i = 0; i < simulator.size(); ++i) {
        hosts.push_back(address(simulator, i));
    }
    return {{"hosts", hosts}, {"timeout", kTimeout}};
}

/// An address that takes no connection and refuses none: its queue of connections is full.
class SilentAddress {
public:
    SilentAddress(const std::string& address, std::uint16_t port) {
        const tcp::endpoint endpoint{boost::asio::ip::make_address(address), port};
        acceptor_.open(endpoint.protocol());
        acceptor_.bind(endpoint);
        acceptor_.listen(0);
        for (tcp::socket& caller : callers_) {
            caller.open(endpoint.protocol());
            caller.async_connect(endpoint, [](const boost::system::error_code&) {});
        }
    }

private:
    using tcp = boost::asio::ip::tcp;
    boost::asio::io_context io_context_;
    tcp::acceptor acceptor_{io_context_};
    std::array<tcp::socket, 3> callers_{tcp::socket{io_context_}, tcp::socket{io_context_},
                                        tcp::socket{io_context_}};
};

/// One node over a simulator: gathers and keeps what came out.
struct Site {
    explicit Site(dtu_simulator::Settings settings, std::chrono::nanoseconds interval = {})
        : simulator(std::move(settings)), host("roof", interval) {
        host.use_system_clock();
        simulator.start();
        simulator.set_time(dtu_simulator::today_at(12h, 0s));
        input.emplace(hoymiles_descriptor(), host, settings_for(simulator));
        REQUIRE(input->open().ok());
    }

    Outcome gather() {
        batch.reset();
        return input->gather(batch);
    }

    /// The metric of one DTU, by what its dtu_name is.
    std::optional<MetricView> find(std::string_view name, std::size_t dtu) const {
        for (const MetricView metric : batch.metrics()) {
            if (metric.name() == name && metric.tag("dtu_name") == address(simulator, dtu)) {
                return metric;
            }
        }
        return std::nullopt;
    }
    std::int64_t total(std::size_t dtu) const {
        return find("dtu", dtu)->field("total_production")->integer();
    }

    DtuSimulator simulator;
    RecordingHost host;
    std::optional<PluginUnderTest> input;
    OwnedBatch batch;
};

}  // namespace

TEST_CASE("a gather emits what the DTU holds, with one time", "[integration][hoymiles]") {
    dtu_simulator::Settings settings = plants(1);
    settings.plant.inverters = 2;
    settings.plant.ports = 2;
    Site site{settings};
    REQUIRE(site.gather().ok());
    REQUIRE(site.batch.size() == 1 + 2 + 4);
    const std::int64_t time = site.batch.metrics()[0].time();
    CHECK(time != HG_TIME_UNSET);
    std::size_t port = 0;
    double power = 0;
    for (const MetricView metric : site.batch.metrics()) {
        CHECK(metric.time() == time);
        if (metric.name() == "port") {
            const auto reading = site.simulator.plant(0).reading(port++, site.simulator.time());
            CHECK(metric.tag("serial_number") == reading.serial);
            CHECK(metric.tag("port_number") == std::to_string(reading.port));
            CHECK(metric.field("total_production")->integer() == reading.lifetime_energy);
            CHECK(metric.field("today_production")->integer() == reading.today_energy);
            power += metric.field("pv_power")->floating();
        }
    }
    CHECK(site.find("dtu", 0)->tag("dtu_serial") == site.simulator.plant(0).dtu_serial());
    CHECK(site.find("dtu", 0)->field("pv_power")->floating() == Approx(power));
    CHECK(site.host.counter("dtu_polls") == 1);
    CHECK(site.host.counter("dtu_poll_errors") == 0);
}

TEST_CASE("a DTU never sees two connections nor requests less than 100 ms apart", "[integration][hoymiles]") {
    Site site{plants(3)};
    for (int i = 0; i < 3; ++i) {
        REQUIRE(site.gather().ok());
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const auto statistics = site.simulator.statistics(i);
        CHECK(statistics.most_open_at_once == 1);
        CHECK(statistics.connections == 3);
        CHECK(statistics.requests == 9);
        REQUIRE(statistics.shortest_gap);
        CHECK(*statistics.shortest_gap >= 100ms);
    }
}

TEST_CASE("a DTU that fails takes nothing from the others and is named", "[integration][hoymiles]") {
    struct Case {
        FaultKind kind;
        std::string reason;
    };
    const auto c = GENERATE(values<Case>({
        {FaultKind::silent, "reading the DTU's serial number: no reply within 300 ms"},
        {FaultKind::exception, "reading the DTU's serial number: exception 4 (server_device_failure)"},
        {FaultKind::cut, "the DTU closed the connection"},
        {FaultKind::refuse, "the DTU closed the connection"},
        {FaultKind::wrong_transaction, "no reply within 300 ms"},
    }));
    CAPTURE(c.reason);
    Site site{plants(3)};
    site.simulator.set_fault(1, {c.kind});
    REQUIRE(site.gather().ok());
    CHECK(site.find("dtu", 0));
    CHECK_FALSE(site.find("dtu", 1));
    CHECK(site.find("dtu", 2));
    CHECK(site.host.counter("dtu_poll_errors") == 1);
    CHECK(site.host.logged(LogLevel::warning, address(site.simulator, 1) + ": "));
    CHECK(site.host.logged(LogLevel::warning, c.reason));

    REQUIRE(site.gather().ok());
    CHECK(site.host.log().size() == 1);
    site.simulator.clear_faults(1);
    REQUIRE(site.gather().ok());
    CHECK(site.find("dtu", 1));
    CHECK(site.host.logged(LogLevel::info, address(site.simulator, 1) + ": reads well again after 2 polls"));
}

TEST_CASE("a wrong byte count is read all the same", "[integration][hoymiles]") {
    Site site{plants(1)};
    site.simulator.set_fault(0, {FaultKind::wrong_byte_count});
    REQUIRE(site.gather().ok());
    CHECK(site.find("port", 0));
}

TEST_CASE("a DTU without its inverters mapped is no error and emits nothing", "[integration][hoymiles]") {
    Site site{plants(1)};
    site.simulator.set_fault(0, {GENERATE(FaultKind::not_mapped, FaultKind::not_mapped_zero)});
    REQUIRE(site.gather().ok());
    CHECK(site.batch.size() == 0);
    CHECK(site.host.counter("dtu_polls_not_mapped") == 1);
    CHECK(site.host.counter("dtu_poll_errors") == 0);
    CHECK(site.host.logged(LogLevel::warning, "has not mapped its inverters yet"));
}

TEST_CASE("a gather of which every DTU failed asks to be tried again and says why",
          "[integration][hoymiles]") {
    Site site{plants(2)};
    site.simulator.kill(0);
    site.simulator.kill(1);
    const Outcome outcome = site.gather();
    CHECK(outcome.status == HG_RETRY);
    CHECK_THAT(outcome.error,
               Catch::Contains("connecting: Connection refused; 1 other DTUs have problems too"));
    site.simulator.revive(0);
    site.simulator.revive(1);
    REQUIRE(site.gather().ok());
    CHECK(site.find("dtu", 0));
    CHECK(site.find("dtu", 1));
}

TEST_CASE("counters outlive a restart and the zeros of a DTU", "[integration][hoymiles]") {
    std::map<std::string, std::string> state;
    std::int64_t total = 0;
    dtu_simulator::Settings settings = plants(1);
    Site first{settings};
    REQUIRE(first.gather().ok());
    total = first.total(0);
    REQUIRE(total > 0);
    first.input->close();
    state = first.host.state();
    REQUIRE_FALSE(state.empty());

    RecordingHost host{"roof"};
    host.use_system_clock();
    host.set_state(state);
    first.simulator.set_fault(0, {FaultKind::lifetime_zero});
    PluginUnderTest second{hoymiles_descriptor(), host, settings_for(first.simulator)};
    REQUIRE(second.open().ok());
    OwnedBatch batch;
    REQUIRE(second.gather(batch).ok());
    CHECK(batch.metrics()[0].field("total_production")->integer() == total);
}

TEST_CASE("totals keep the counters of an inverter that went offline", "[integration][hoymiles]") {
    dtu_simulator::Settings settings = plants(1);
    settings.plant.inverters = 2;
    Site site{settings};
    REQUIRE(site.gather().ok());
    const std::int64_t total = site.total(0);
    site.simulator.set_fault(0, {FaultKind::inverter_offline});
    REQUIRE(site.gather().ok());
    CHECK(site.total(0) == total);
    std::size_t offline = 0;
    for (const MetricView metric : site.batch.metrics()) {
        if (metric.name() == "inverter" && metric.field("link_status")->integer() == 0) {
            ++offline;
            CHECK_FALSE(metric.field("grid_voltage"));
            CHECK_FALSE(metric.field("temperature"));
        }
    }
    CHECK(offline == 1);
}

TEST_CASE("the problem of an only DTU is told by the gather alone", "[integration][hoymiles]") {
    Site site{plants(1)};
    site.simulator.set_fault(0, {FaultKind::silent});
    const Outcome outcome = site.gather();
    CHECK(outcome.status == HG_RETRY);
    CHECK(outcome.error ==
          address(site.simulator, 0) + ": reading the DTU's serial number: no reply within 300 ms");
    CHECK(site.host.log().empty());
    CHECK(site.host.counter("dtu_poll_errors") == 1);
}

TEST_CASE("a slow DTU holds up no other and is read in the end", "[integration][hoymiles]") {
    Site site{plants(2), 1s};
    site.simulator.set_fault(1, {FaultKind::slow, 250});
    int quick = 0;
    int slow = 0;
    for (int i = 0; i < 3; ++i) {
        const auto start = std::chrono::steady_clock::now();
        REQUIRE(site.gather().ok());
        CHECK(std::chrono::steady_clock::now() - start < 1s);
        quick += site.find("dtu", 0).has_value() ? 1 : 0;
        slow += site.find("dtu", 1).has_value() ? 1 : 0;
    }
    CHECK(quick == 3);
    CHECK(slow >= 1);
    CHECK(site.host.counter("dtu_polls_skipped") >= 1);
    CHECK(site.host.counter("dtu_poll_errors") == 0);
}

TEST_CASE("an interrupt ends a gather at once, before or during it", "[integration][hoymiles]") {
    Site site{plants(1)};
    site.simulator.set_fault(0, {FaultKind::slow, 250});
    site.input->interrupt();
    CHECK(site.gather().status == HG_STOPPED);
    std::thread other{[&] {
        std::this_thread::sleep_for(50ms);
        site.input->interrupt();
    }};
    const auto start = std::chrono::steady_clock::now();
    CHECK(site.gather().status == HG_STOPPED);
    CHECK(std::chrono::steady_clock::now() - start < 200ms);
    other.join();
    site.input->close();
    site.input->close();
    REQUIRE(site.input->open().ok());
    CHECK(site.gather().ok());
}

TEST_CASE("a name that leads nowhere is a problem of its DTU only", "[integration][hoymiles]") {
    DtuSimulator simulator{plants(1)};
    simulator.start();
    simulator.set_time(dtu_simulator::today_at(12h, 0s));
    RecordingHost host{"roof"};
    host.use_system_clock();
    const std::string local = "localhost:" + std::to_string(simulator.port(0));
    PluginUnderTest input{hoymiles_descriptor(),
                          host,
                          {{"hosts", std::vector<std::string>{"nowhere.invalid", local}},
                           {"dtu_names", TextMap{{local, "roof"}}},
                           {"timeout", 2000ms}}};
    REQUIRE(input.open().ok());
    OwnedBatch batch;
    REQUIRE(input.gather(batch).ok());
    REQUIRE(batch.size() == 3);
    CHECK(batch.metrics()[0].tag("dtu_name") == "roof");
    CHECK(host.logged(LogLevel::warning, "nowhere.invalid:502: connecting: "));
}

TEST_CASE("two names of one DTU make one connection", "[integration][hoymiles]") {
    DtuSimulator simulator{plants(1)};
    simulator.start();
    simulator.set_time(dtu_simulator::today_at(12h, 0s));
    RecordingHost host{"roof"};
    host.use_system_clock();
    const std::string port = std::to_string(simulator.port(0));
    PluginUnderTest input{
        hoymiles_descriptor(),
        host,
        {{"hosts", std::vector<std::string>{"127.0.0.1:" + port, "localhost:" + port}}, {"timeout", 2000ms}}};
    REQUIRE(input.open().ok());
    OwnedBatch batch;
    REQUIRE(input.gather(batch).ok());
    CHECK(simulator.statistics(0).most_open_at_once == 1);
    CHECK(batch.size() == 3);
}

TEST_CASE("scans wait for their turn when connections are limited", "[integration][hoymiles]") {
    DtuSimulator simulator{plants(4)};
    simulator.start();
    simulator.set_time(dtu_simulator::today_at(12h, 0s));
    RecordingHost host{"roof"};
    host.use_system_clock();
    testkit::Settings settings = settings_for(simulator);
    settings.emplace_back("max_connections", std::int64_t{1});
    PluginUnderTest input{hoymiles_descriptor(), host, settings};
    REQUIRE(input.open().ok());
    OwnedBatch batch;
    REQUIRE(input.gather(batch).ok());
    CHECK(batch.size() == 12);
}

TEST_CASE("a thousand DTUs of four inverters are read every ten seconds by less than half a core",
          "[.slow][integration][hoymiles]") {
    const auto used = [] {
        rusage usage{};
        getrusage(RUSAGE_THREAD, &usage);
        return std::chrono::seconds{usage.ru_utime.tv_sec + usage.ru_stime.tv_sec} +
               std::chrono::microseconds{usage.ru_utime.tv_usec + usage.ru_stime.tv_usec};
    };
    dtu_simulator::Settings settings;
    settings.count = 1000;
    settings.plant.inverters = 4;
    settings.plant.ports = 4;
    Site site{settings, 10s};
    for (int i = 0; i < 3; ++i) {
        const auto before = used();
        const auto start = std::chrono::steady_clock::now();
        REQUIRE(site.gather().ok());
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
        const std::chrono::duration<double> work = used() - before;
        WARN("gathered " << site.batch.size() << " metrics in " << elapsed.count() << " s with "
                         << work.count() << " s of processor time");
        CHECK(site.batch.size() == 1000 * (1 + 4 + 16));
        CHECK(elapsed < 9s);
        CHECK(work < 5s);
    }
    CHECK(site.host.counter("dtu_poll_errors") == 0);
}

TEST_CASE("counters that cannot be stored are no reason to stop", "[integration][hoymiles]") {
    Site site{plants(1)};
    site.host.fail_stores(true);
    REQUIRE(site.gather().ok());
    CHECK(site.host.logged(LogLevel::warning, "storing the energy counters"));
}

TEST_CASE("counters that could not be stored are stored later, changed or not", "[integration][hoymiles]") {
    Site site{plants(1)};
    site.host.fail_stores(true);
    REQUIRE(site.gather().ok());
    REQUIRE(site.host.state().empty());
    site.host.fail_stores(false);
    site.input->close();
    CHECK_FALSE(site.host.state().empty());
}

TEST_CASE("a name that is resolved slowly makes no other name fail", "[integration][hoymiles]") {
    DtuSimulator simulator{plants(1)};
    simulator.start();
    simulator.set_time(dtu_simulator::today_at(12h, 0s));
    RecordingHost host{"roof"};
    host.use_system_clock();
    const std::string local = "localhost:" + std::to_string(simulator.port(0));
    name_service::answer("slow.test", {.delay = 2 * kTimeout});
    PluginUnderTest input{hoymiles_descriptor(),
                          host,
                          {{"hosts", std::vector<std::string>{"slow.test", local}}, {"timeout", kTimeout}}};
    REQUIRE(input.open().ok());
    OwnedBatch batch;
    REQUIRE(input.gather(batch).ok());
    CHECK(batch.size() == 3);
    CHECK(host.logged(LogLevel::warning, "the name cannot be resolved"));
}

TEST_CASE("counters are stored before a close waits for a name", "[integration][hoymiles]") {
    DtuSimulator simulator{plants(1)};
    simulator.start();
    simulator.set_time(dtu_simulator::today_at(12h, 0s));
    RecordingHost host{"roof", 1s};
    host.use_system_clock();
    name_service::answer("slow.test", {.delay = 3s});
    PluginUnderTest input{
        hoymiles_descriptor(),
        host,
        {{"hosts", std::vector<std::string>{"slow.test", address(simulator, 0)}}, {"timeout", kTimeout}}};
    REQUIRE(input.open().ok());
    OwnedBatch batch;
    host.fail_stores(true);
    REQUIRE(input.gather(batch).ok());
    REQUIRE(batch.size() == 3);
    host.fail_stores(false);
    std::thread closing{[&] { input.close(); }};
    std::this_thread::sleep_for(500ms);
    CHECK_FALSE(host.state().empty());
    closing.join();
}

TEST_CASE("an address that does not answer gives way to the next of the same name",
          "[integration][hoymiles]") {
    DtuSimulator simulator{plants(1)};
    simulator.start();
    simulator.set_time(dtu_simulator::today_at(12h, 0s));
    const SilentAddress silent{"127.0.0.2", simulator.port(0)};
    name_service::answer("both.test", {.addresses = {"127.0.0.2", "127.0.0.1"}});
    RecordingHost host{"roof"};
    host.use_system_clock();
    PluginUnderTest input{
        hoymiles_descriptor(),
        host,
        {{"host", "both.test:" + std::to_string(simulator.port(0))}, {"timeout", kTimeout}}};
    REQUIRE(input.open().ok());
    OwnedBatch batch;
    CHECK(input.gather(batch).error == "");
    CHECK(batch.size() == 3);
}

}  // namespace heliograph::hoymiles
