// Walks through one DTU's registers as a sans-I/O object, so that every turn of the conversation can be
// tested.
#pragma once

#include "inputs/hoymiles_dtu/modbus_tcp.hpp"
#include "inputs/hoymiles_dtu/port_record.hpp"
#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::hoymiles {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A DTU serves at most 99 ports (vendor's technical note V1.2 as cited by public clients).
constexpr unsigned kMaximumRecords = 99;

struct ScanSettings {
    RegisterMap map = RegisterMap::byte_addressed;
    /// Addresses from one record to the next: 40 in the byte-addressed map (20 for clones), 25 in the other.
    std::uint16_t stride = 40;
    std::uint8_t unit_id = 1;
    /// Least time from the end of a reply to the next request.
    std::chrono::milliseconds request_gap{100};
    /// Longest wait for one reply.
    std::chrono::milliseconds timeout{5000};
};

enum class ScanStatus {
    complete,    ///< every record was read; there may be none
    partial,     ///< `problem` ended the scan, but the records before it stand
    not_mapped,  ///< the DTU has not found its inverters yet: no error, no empty plant
    failed,      ///< `problem` ended the scan before the first record
};

struct ScanResult {
    ScanStatus status = ScanStatus::failed;
    /// Known unless `failed` or `not_mapped`.
    SerialNumber dtu_serial;
    /// In the DTU's order, no (serial, port) twice.
    std::vector<PortRecord> records;
    /// For `partial` and `failed`: what was being done and what was found.
    std::string problem;
    /// Something in a finished scan that a person should look at; empty mostly.
    std::string warning;
};

/// What the owner of the socket has to do next.
struct ScanAction {
    enum class Kind {
        send,      ///< write `bytes`, then ask again
        receive,   ///< hand over what arrives through received(), or ask again at `until`
        wait,      ///< ask again at `until`
        finished,  ///< take the result; close the connection
    };
    Kind kind = Kind::finished;
    /// Owned by the scan, valid until the next call of next().
    std::span<const std::uint8_t> bytes;
    SteadyTime until;
};

/// One walk: the DTU's serial number, then record after record to the end of the list. One scan uses one
/// connection. Requests go out one at a time. The first time-out, exception or malformed reply ends the walk.
class Scan {
public:
    /// No request goes out before `not_before`, which lets the gap hold from one scan to the next.
    explicit Scan(const ScanSettings& settings, SteadyTime not_before = {});

    [[nodiscard]] ScanAction next(SteadyTime now);
    /// Bytes of the DTU, in any pieces.
    void received(std::span<const std::uint8_t> bytes, SteadyTime now);
    /// The connection ended, or never came to be, for this reason.
    void interrupted(std::string_view reason);

    bool finished() const { return state_ == State::finished; }
    /// Before this time nobody should send to this DTU again.
    SteadyTime quiet_until() const { return not_before_; }
    /// The result; moved out, so ask once, when finished.
    [[nodiscard]] ScanResult take_result() { return std::move(result_); }

private:
    enum class State { idle, awaiting, finished };

    void take_serial(std::span<const std::uint8_t> data);
    void take_record(std::span<const std::uint8_t> data);
    void complete();
    void give_up(std::string_view reason);
    bool reading_serial() const { return transaction_ <= 1; }
    std::string current_read() const;

    ScanSettings settings_;
    ReplyReader reader_;
    RequestBytes request_{};
    State state_ = State::idle;
    std::uint16_t transaction_ = 0;
    unsigned index_ = 0;
    bool repeated_ = false;
    SteadyTime not_before_;
    SteadyTime deadline_;
    ScanResult result_;
};

/// Says which port numbers of which inverter are missing, or nothing. A wrong stride shows itself that way.
std::string describe_skipped_ports(std::span<const PortRecord> records);

}  // namespace heliograph::hoymiles
