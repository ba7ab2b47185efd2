/// Any number of simulated Hoymiles DTUs in one process: the library's front door.
///
///     DtuSimulator simulator(Settings{.count = 2});
///     simulator.start();
///     connect_to("127.0.0.1", simulator.port(0));
///     simulator.set_fault(1, {FaultKind::silent});
#pragma once

#include "tools/dtu_simulator/fault.hpp"
#include "tools/dtu_simulator/plant.hpp"
#include "tools/dtu_simulator/responder.hpp"
#include "tools/dtu_simulator/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heliograph::dtu_simulator {

struct Settings {
    std::string host = "127.0.0.1";  ///< address to listen on, in numbers
    std::uint16_t first_port = 0;    ///< DTU i listens on first_port + i; 0 gives each a free port of its own
    std::size_t count = 1;           ///< DTUs
    PlantSettings plant = {};        ///< of every DTU; dtu_index is filled in
    ResponderSettings responder = {};
    std::vector<FaultAssignment> faults = {};  ///< from the start
    /// Simulated unix time at construction, nanoseconds; by default noon of today in the plant's time zone.
    std::optional<std::int64_t> start_time = std::nullopt;
    double speed = 1;  ///< simulated seconds per second
};

/// The true time, unix nanoseconds.
[[nodiscard]] std::int64_t unix_now();

/// Today at this many seconds after local midnight, unix nanoseconds.
[[nodiscard]] std::int64_t today_at(std::chrono::seconds time_of_day, std::chrono::seconds utc_offset);

/// Every member may be called from [any thread], before start() and after stop() too; calls wait for each
/// other. What a call changes holds for every request that arrives after it has returned. Indices are from 0
/// to size() - 1; others throw std::out_of_range.
class DtuSimulator {
public:
    /// Throws std::invalid_argument with a sentence that names the setting at fault.
    explicit DtuSimulator(Settings settings = {});
    /// Stops.
    ~DtuSimulator();
    DtuSimulator(const DtuSimulator&) = delete;
    DtuSimulator& operator=(const DtuSimulator&) = delete;

    /// Listens on all ports and serves them on a thread of its own; returns once clients can connect. Raises
    /// the process's limit of open files as far as it may. After a stop() the same ports are taken again.
    /// Throws std::runtime_error with a sentence that names the port if one cannot be had. Nothing happens
    /// when running.
    void start();
    /// Closes every connection and port and ends the thread. Nothing happens when stopped.
    void stop();

    [[nodiscard]] std::size_t size() const;
    /// 0 before the first start().
    [[nodiscard]] std::uint16_t port(std::size_t dtu) const;
    /// What this DTU's records are made from, to compare with what a client has read.
    [[nodiscard]] const Plant& plant(std::size_t dtu) const;

    /// The only fault from now on; FaultKind::none heals.
    void set_fault(std::size_t dtu, const Fault& fault);
    /// One fault more.
    void add_fault(std::size_t dtu, const Fault& fault);
    void clear_faults(std::size_t dtu);

    /// Takes the DTU off the network: connections drop, new ones are refused. Its port stays reserved until
    /// revive(). Only while running.
    void kill(std::size_t dtu);
    void revive(std::size_t dtu);

    /// Stops the simulated clock at this unix time in nanoseconds; later calls move it, backwards too.
    void set_time(std::int64_t unix_ns);
    /// Lets the clock go on from where it stands, at the speed of the settings.
    void resume_time();
    [[nodiscard]] std::int64_t time() const;

    [[nodiscard]] Statistics statistics(std::size_t dtu) const;
    void reset_statistics(std::size_t dtu);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace heliograph::dtu_simulator
