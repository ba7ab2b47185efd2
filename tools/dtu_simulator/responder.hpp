/// What one simulated DTU answers to a request: plant, register map and faults brought together, without a
/// socket.
#pragma once

#include "tools/dtu_simulator/fault.hpp"
#include "tools/dtu_simulator/modbus.hpp"
#include "tools/dtu_simulator/plant.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace heliograph::dtu_simulator {

/// Where the registers are, as public clients of the DTU-Pro read them.
constexpr std::uint16_t kFirstRecordAddress = 0x1000;
constexpr std::uint16_t kDtuSerialAddress = 0x2000;

struct ResponderSettings {
    /// Addresses from one port record to the next: 40 on Hoymiles DTUs, 20 on an OpenDTU that imitates one.
    std::uint16_t stride = 40;
    /// Modbus unit identifier that is answered; others get exception 11. 0 answers to all.
    std::uint8_t unit = 1;
};

/// What to do about one request.
struct Response {
    enum class Action { send, ignore, send_and_close };

    Action action = Action::send;
    bool end_of_list = false;            ///< carries the end-of-list record
    std::chrono::milliseconds delay{0};  ///< wait this long before acting
    std::vector<std::uint8_t> frame;     ///< empty when ignored
};

/// Not synchronised.
class Responder {
public:
    /// Throws std::invalid_argument if the stride is neither 20 nor 40, or the plant's settings do not hold.
    Responder(const PlantSettings& plant, const ResponderSettings& settings);

    [[nodiscard]] const Plant& plant() const { return plant_; }
    [[nodiscard]] FaultSet& faults() { return faults_; }
    [[nodiscard]] const FaultSet& faults() const { return faults_; }

    /// `unix_ns` is the simulated time.
    [[nodiscard]] Response respond(const modbus::Request& request, std::int64_t unix_ns) const;

private:
    [[nodiscard]] Response answer(const modbus::Request& request, std::int64_t unix_ns) const;
    [[nodiscard]] Response answer_dtu_serial(const modbus::Request& request) const;
    [[nodiscard]] Response answer_record(const modbus::Request& request, std::int64_t unix_ns) const;
    [[nodiscard]] std::vector<std::uint8_t> make_data_frame(const modbus::Request& request,
                                                            std::span<const std::uint8_t> data) const;

    Plant plant_;
    ResponderSettings settings_;
    FaultSet faults_;
};

}  // namespace heliograph::dtu_simulator
