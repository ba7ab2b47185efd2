// Says what the input emits, and appends it: the measurements dtu, inverter and port.
#pragma once

#include "inputs/hoymiles_dtu/snapshot.hpp"

#include <heliograph/batch.hpp>
#include <heliograph/plugin.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace heliograph::hoymiles {

/// Measurement, tag and field names and types are those of hoymiles-smiles 1.1, so that its dashboards keep
/// working.
inline constexpr auto kMetricDeclarations = std::to_array<hg_declaration>({
    declare_tag("dtu", "dtu_name", "Name of the DTU in the config"),
    declare_tag("dtu", "dtu_serial", "Serial number of the DTU"),
    declare_field("dtu", "pv_power", ValueType::floating, "W", "Power of all online ports"),
    declare_field("dtu", "today_production", ValueType::integer, "W.h", "Energy of the day, all known ports"),
    declare_field("dtu", "total_production", ValueType::integer, "W.h", "Lifetime energy, all known ports"),
    declare_field("dtu", "alarm_flag", ValueType::boolean, "", "Whether an online inverter has an alarm"),
    declare_tag("inverter", "dtu_name", "Name of the DTU in the config"),
    declare_tag("inverter", "serial_number", "Serial number of the inverter"),
    declare_field("inverter", "grid_voltage", ValueType::floating, "V", "Grid voltage, while online"),
    declare_field("inverter", "grid_frequency", ValueType::floating, "Hz", "Grid frequency, while online"),
    declare_field("inverter", "temperature", ValueType::floating, "degC", "Temperature, while online"),
    declare_field("inverter", "operating_status", ValueType::integer, "", "3 producing, 0 no data"),
    declare_field("inverter", "alarm_code", ValueType::integer, "", "Alarm at present, 0 none"),
    declare_field("inverter", "alarm_count", ValueType::integer, "", "Alarms so far"),
    declare_field("inverter", "link_status", ValueType::integer, "", "Radio link to the DTU, 0 none"),
    declare_tag("port", "dtu_name", "Name of the DTU in the config"),
    declare_tag("port", "port_number", "Number of the port, from 1"),
    declare_tag("port", "serial_number", "Serial number of the inverter"),
    declare_field("port", "pv_voltage", ValueType::floating, "V", "PV voltage, while online"),
    declare_field("port", "pv_current", ValueType::floating, "A", "PV current, while online"),
    declare_field("port", "pv_power", ValueType::floating, "W", "PV power; 0 once when going offline"),
    declare_field("port", "today_production", ValueType::integer, "W.h", "Energy of the day"),
    declare_field("port", "total_production", ValueType::integer, "W.h", "Lifetime energy"),
});

struct MetricSettings {
    std::string_view dtu_name;
    /// Unix nanoseconds, the same for every metric of the snapshot.
    std::int64_t time = 0;
    /// Adds ports_online and ports_total to the measurement dtu.
    bool port_counts = false;
};

/// Appends one metric of the DTU, one per inverter and one per port; values that are not known are left out.
void append_snapshot(Batch batch, const Snapshot& snapshot, const MetricSettings& settings);

}  // namespace heliograph::hoymiles
