// Decides what of a scan may be published: the values of the DTU, its inverters and its ports at one moment.
#pragma once

#include "inputs/hoymiles_dtu/counters.hpp"
#include "inputs/hoymiles_dtu/scan.hpp"
#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace heliograph::hoymiles {

/// The plant behind one DTU.
struct DtuValues {
    SerialNumber serial;
    /// W, over the online ports; unknown when the scan was partial.
    std::optional<double> pv_power = {};
    /// Wh, the last known counters of all ports ever seen; unknown until there is one. Today's is unknown too
    /// when the scan was partial and a port was not listed yet on this local day.
    std::optional<std::int64_t> today_production = {};
    std::optional<std::int64_t> total_production = {};
    /// An online inverter has an alarm code; unknown when the scan was partial and found none.
    std::optional<bool> alarm_flag = {};
    /// Unknown when the scan was partial.
    std::optional<std::int64_t> ports_online = {};
    std::optional<std::int64_t> ports_total = {};
};

struct InverterValues {
    SerialNumber serial;
    bool online = false;
    std::optional<double> grid_voltage = {};    ///< V, only while online
    std::optional<double> grid_frequency = {};  ///< Hz, only while online
    std::optional<double> temperature = {};     ///< degrees Celsius, only while online
    std::int64_t operating_status = 0;
    std::int64_t alarm_code = 0;
    std::int64_t alarm_count = 0;
    std::int64_t link_status = 0;
};

struct PortValues {
    SerialNumber serial;
    std::uint16_t port = 0;
    std::optional<double> pv_voltage = {};  ///< V, only while online
    std::optional<double> pv_current = {};  ///< A, only while online
    /// W while online, and 0 once when the inverter goes offline.
    std::optional<double> pv_power = {};
    std::optional<std::int64_t> today_production = {};  ///< Wh, once known
    std::optional<std::int64_t> total_production = {};  ///< Wh, once known
};

struct Snapshot {
    DtuValues dtu;
    std::vector<InverterValues> inverters;  ///< one per serial number, in the DTU's order
    std::vector<PortValues> ports;
};

/// Makes the snapshot of a complete or partial scan and updates the counters with it. A partial scan changes
/// only what it contains. A scan whose port numbers skip changes only the counters of ports known before.
Snapshot make_snapshot(const ScanResult& scan, Counters& counters, const Moment& moment);

}  // namespace heliograph::hoymiles
