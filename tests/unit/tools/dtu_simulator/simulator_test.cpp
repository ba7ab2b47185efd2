#include "tools/dtu_simulator/simulator.hpp"

#include "tests/unit/tools/dtu_simulator/hex.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>
#include <poll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace heliograph::dtu_simulator {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::int64_t kNoon = 1'750'075'200'000'000'000;  // 2025-06-16 12:00 UTC
constexpr const char* kReadFirstRecord = "000300000006010310000014";
constexpr const char* kReadEndOfList = "000300000006010311400014";  // of two inverters with four ports

/// A client that waits for what it expects and no longer than a test may.
class Client {
public:
    explicit Client(std::uint16_t port) : socket_(io_context_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    void send(const std::string& hex) { boost::asio::write(socket_, boost::asio::buffer(from_hex(hex))); }

    /// Up to `bytes` bytes as hexadecimal text; less if the other side closes or falls silent for `patience`.
    std::string receive(std::size_t bytes, std::chrono::milliseconds patience = 5s) {
        std::vector<std::uint8_t> received;
        while (received.size() < bytes && readable(patience)) {
            std::array<std::uint8_t, 512> chunk{};
            boost::system::error_code error;
            const std::size_t room = std::min(chunk.size(), bytes - received.size());
            const std::size_t count = socket_.read_some(boost::asio::buffer(chunk.data(), room), error);
            if (error) {
                closed_ = true;
                break;
            }
            received.insert(received.end(), chunk.begin(),
                            chunk.begin() + static_cast<std::ptrdiff_t>(count));
        }
        return to_hex(received);
    }

    std::string ask(const std::string& hex, std::size_t bytes = 49) {
        send(hex);
        return receive(bytes);
    }

    /// True once the other side has closed.
    bool sees_close() {
        receive(1);
        return closed_;
    }

private:
    bool readable(std::chrono::milliseconds patience) {
        pollfd entry{.fd = socket_.native_handle(), .events = POLLIN, .revents = 0};
        return ::poll(&entry, 1, static_cast<int>(patience.count())) > 0;
    }

    boost::asio::io_context io_context_;
    tcp::socket socket_;
    bool closed_ = false;
};

bool eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

std::string expected_first_record(const DtuSimulator& simulator, std::size_t dtu) {
    return "00030000002b010328" + to_hex(encode_record(simulator.plant(dtu).reading(0, simulator.time())));
}

TEST_CASE("Each DTU of a simulator serves its own plant", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.count = 3});
    CHECK(simulator.port(0) == 0);
    simulator.set_time(kNoon);
    simulator.start();
    REQUIRE(simulator.size() == 3);
    for (std::size_t dtu = 0; dtu < simulator.size(); ++dtu) {
        REQUIRE(simulator.port(dtu) != 0);
        Client client(simulator.port(dtu));
        CHECK(client.ask(kReadFirstRecord) == expected_first_record(simulator, dtu));
    }
    CHECK_THROWS_AS(simulator.port(3), std::out_of_range);
}

TEST_CASE("Requests in pieces and requests in one piece are answered alike", "[unit][dtu_simulator]") {
    DtuSimulator simulator;
    simulator.set_time(kNoon);
    simulator.start();
    Client client(simulator.port(0));
    const std::string request = kReadFirstRecord;
    client.send(request.substr(0, 10));
    std::this_thread::sleep_for(10ms);
    client.send(request.substr(10));
    const std::string expected = expected_first_record(simulator, 0);
    CHECK(client.receive(49) == expected);
    client.send(request + request + request);
    CHECK(client.receive(3 * 49) == expected + expected + expected);
}

TEST_CASE("A client that does not speak Modbus TCP is dropped", "[unit][dtu_simulator]") {
    DtuSimulator simulator;
    simulator.start();
    Client client(simulator.port(0));
    client.send("474554202f20485454502f312e310d0a");
    CHECK(client.sees_close());
    CHECK(simulator.statistics(0).framing_errors == 1);
}

TEST_CASE("Statistics tell how clients behave", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.count = 2});
    simulator.start();
    {
        Client first(simulator.port(0));
        first.ask(kReadFirstRecord);
        Client second(simulator.port(0));
        second.ask(kReadFirstRecord);
        CHECK(simulator.statistics(0).connections_open == 2);
        std::this_thread::sleep_for(20ms);
        second.ask(kReadEndOfList);
    }
    CHECK(eventually([&] { return simulator.statistics(0).connections_open == 0; }));
    const Statistics seen = simulator.statistics(0);
    CHECK(seen.connections == 2);
    CHECK(seen.most_open_at_once == 2);
    CHECK(seen.requests == 3);
    CHECK(seen.replies == 3);
    CHECK(seen.scans == 2);
    CHECK(seen.scans_completed == 1);
    CHECK(seen.shortest_gap.has_value());
    CHECK(simulator.statistics(1).connections == 0);
    CHECK_FALSE(simulator.statistics(1).shortest_gap);

    simulator.reset_statistics(0);
    {
        Client client(simulator.port(0));
        client.ask(kReadFirstRecord);
        std::this_thread::sleep_for(30ms);
        client.ask(kReadFirstRecord);
    }
    CHECK(simulator.statistics(0).shortest_gap >= 30ms);
    CHECK(simulator.statistics(0).most_open_at_once == 1);
}

TEST_CASE("A silent DTU takes requests and answers none until it is healed", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.count = 2, .faults = {{{FaultKind::silent}, 1}}});
    simulator.start();
    Client healthy(simulator.port(0));
    CHECK(healthy.ask(kReadFirstRecord).size() == 98);
    Client client(simulator.port(1));
    client.send(kReadFirstRecord);
    CHECK(client.receive(1, 50ms).empty());
    CHECK(simulator.statistics(1).requests == 1);
    CHECK(simulator.statistics(1).replies == 0);
    simulator.clear_faults(1);
    CHECK(client.ask(kReadFirstRecord).size() == 98);
}

TEST_CASE("A slow DTU answers late, and notices a client that leaves meanwhile", "[unit][dtu_simulator]") {
    DtuSimulator simulator;
    simulator.start();
    simulator.set_fault(0, {FaultKind::slow, 60});
    {
        Client client(simulator.port(0));
        const auto begin = std::chrono::steady_clock::now();
        CHECK(client.ask(kReadFirstRecord).size() == 98);
        CHECK(std::chrono::steady_clock::now() - begin >= 60ms);
    }
    simulator.set_fault(0, {FaultKind::slow, 60'000});
    {
        Client client(simulator.port(0));
        client.send(kReadFirstRecord);
        CHECK(eventually([&] { return simulator.statistics(0).requests == 2; }));
    }
    CHECK(eventually([&] { return simulator.statistics(0).connections_open == 0; }));
    CHECK(simulator.statistics(0).replies == 1);
}

TEST_CASE("Faults can be changed while clients are connected", "[unit][dtu_simulator]") {
    DtuSimulator simulator;
    simulator.set_time(kNoon);
    simulator.start();
    Client client(simulator.port(0));
    const std::string healthy = expected_first_record(simulator, 0);
    CHECK(client.ask(kReadFirstRecord) == healthy);

    simulator.set_fault(0, {FaultKind::wrong_byte_count});
    CHECK(client.ask(kReadFirstRecord) == "00030000002b0103ff" + healthy.substr(18));
    simulator.set_fault(0, {FaultKind::not_mapped});
    CHECK(client.ask(kReadFirstRecord, 8) == "0003000000020103");
    simulator.set_fault(0, {FaultKind::not_mapped_zero});
    CHECK(client.ask(kReadFirstRecord, 9) == "000300000003010300");
    simulator.set_fault(0, {FaultKind::exception, 6});
    CHECK(client.ask(kReadFirstRecord, 9) == "000300000003018306");
    simulator.set_fault(0, {FaultKind::wrong_transaction});
    CHECK(client.ask(kReadFirstRecord) == "0004" + healthy.substr(4));

    const auto hidden = [&](bool counters_zero) {
        const Disturbance disturbance{.unheard_since = kNoon, .counters_zero = counters_zero};
        return healthy.substr(0, 18) +
               to_hex(encode_record(simulator.plant(0).reading(0, kNoon, disturbance)));
    };
    simulator.set_fault(0, {FaultKind::night});
    CHECK(client.ask(kReadFirstRecord) == hidden(false));
    simulator.add_fault(0, {FaultKind::lifetime_zero});
    CHECK(client.ask(kReadFirstRecord) == hidden(true));
    simulator.set_fault(0, {FaultKind::inverter_offline, 0});
    CHECK(client.ask(kReadFirstRecord) == hidden(false));
    simulator.set_fault(0, {FaultKind::inverter_offline, 1});
    CHECK(client.ask(kReadFirstRecord) == healthy);

    simulator.set_fault(0, {FaultKind::cut});
    CHECK(client.ask(kReadFirstRecord) == healthy.substr(0, 48));
    CHECK(client.sees_close());
}

TEST_CASE("A refusing DTU closes on accept", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.faults = {{{FaultKind::refuse}}}});
    simulator.start();
    Client client(simulator.port(0));
    CHECK(client.sees_close());
    CHECK(simulator.statistics(0).connections == 1);
    CHECK(simulator.statistics(0).most_open_at_once == 0);
    simulator.clear_faults(0);
    Client second(simulator.port(0));
    CHECK(second.ask(kReadFirstRecord).size() == 98);
}

TEST_CASE("A killed DTU is off the network until it is revived on its port", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.count = 2});
    CHECK_THROWS_AS(simulator.kill(0), std::logic_error);
    simulator.start();
    const std::uint16_t port = simulator.port(0);
    Client client(port);
    CHECK(client.ask(kReadFirstRecord).size() == 98);
    for (int round = 0; round < 3; ++round) {
        simulator.kill(0);
        CHECK_THROWS_AS(Client(port), boost::system::system_error);
        CHECK(Client(simulator.port(1)).ask(kReadFirstRecord).size() == 98);
        simulator.revive(0);
        simulator.revive(0);
        CHECK(simulator.port(0) == port);
        CHECK(Client(port).ask(kReadFirstRecord).size() == 98);
        CHECK(Client(port).ask(kReadFirstRecord).size() == 98);
    }
    CHECK(client.sees_close());
}

TEST_CASE("A stopped simulator starts again on the same ports", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.count = 2});
    simulator.start();
    simulator.start();
    const std::uint16_t port = simulator.port(1);
    Client client(port);
    CHECK(client.ask(kReadFirstRecord).size() == 98);
    simulator.stop();
    simulator.stop();
    CHECK(client.sees_close());
    CHECK_THROWS_AS(Client(port), boost::system::system_error);
    CHECK(simulator.statistics(1).requests == 1);
    simulator.start();
    CHECK(simulator.port(1) == port);
    CHECK(Client(port).ask(kReadFirstRecord).size() == 98);
    simulator.kill(1);
    simulator.stop();
    simulator.start();
    CHECK(Client(port).ask(kReadFirstRecord).size() == 98);
}

TEST_CASE("A port that is taken is named, and consecutive ports are kept", "[unit][dtu_simulator]") {
    DtuSimulator taken;
    taken.start();
    DtuSimulator simulator({.first_port = taken.port(0)});
    CHECK_THROWS_WITH(simulator.start(), Catch::Contains(":" + std::to_string(taken.port(0))));
    taken.stop();
    simulator.start();
    CHECK(simulator.port(0) == taken.port(0));
}

TEST_CASE("Time can be set, goes at its speed and starts at noon", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.speed = 3600});
    simulator.start();
    CHECK(simulator.plant(0).reading(0, simulator.time()).pv_power > 0);
    simulator.set_time(kNoon);
    CHECK(simulator.time() == kNoon);
    simulator.set_time(kNoon + 12 * 3'600'000'000'000);
    Client client(simulator.port(0));
    CHECK(client.ask(kReadFirstRecord) == expected_first_record(simulator, 0));
    simulator.set_time(kNoon);
    simulator.resume_time();
    CHECK(eventually([&] { return simulator.time() > kNoon + 60'000'000'000; }));
}

TEST_CASE("Settings that cannot work are refused", "[unit][dtu_simulator]") {
    CHECK_THROWS_WITH(DtuSimulator({.host = "localhost"}), Catch::Contains("127.0.0.1"));
    CHECK_THROWS_AS(DtuSimulator({.count = 0}), std::invalid_argument);
    CHECK_THROWS_AS(DtuSimulator({.first_port = 65'535, .count = 2}), std::invalid_argument);
    CHECK_THROWS_WITH(DtuSimulator({.faults = {{{FaultKind::silent}, 1}}}), Catch::Contains("DTU 1"));
}

TEST_CASE("The simulator may be steered from several threads", "[unit][dtu_simulator]") {
    DtuSimulator simulator({.count = 4});
    simulator.start();
    std::atomic<bool> stop{false};
    std::thread steering([&] {
        while (!stop) {
            for (std::size_t dtu = 0; dtu < simulator.size(); ++dtu) {
                simulator.set_fault(dtu, {FaultKind::wrong_byte_count});
                simulator.kill(dtu);
                simulator.revive(dtu);
            }
        }
    });
    for (int round = 0; round < 200; ++round) {
        for (std::size_t dtu = 0; dtu < simulator.size(); ++dtu) {
            try {
                Client client(simulator.port(dtu));
                client.ask(kReadFirstRecord);
            } catch (const boost::system::system_error&) {
                // Killed just now.
            }
        }
    }
    stop = true;
    steering.join();
    CHECK(simulator.statistics(0).requests > 0);
}

}  // namespace
}  // namespace heliograph::dtu_simulator
