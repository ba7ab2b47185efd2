#include "inputs/hoymiles_dtu/snapshot.hpp"

#include <algorithm>
#include <cmath>

namespace heliograph::hoymiles {
namespace {

/// Adds one record to its inverter. The values of an online record win over those of a half-filled one.
void add_to_inverters(std::vector<InverterValues>& inverters, const PortRecord& record) {
    const bool online = is_online(record);
    auto inverter = std::find_if(inverters.begin(), inverters.end(), [&](const InverterValues& candidate) {
        return candidate.serial == record.serial;
    });
    const bool is_new = inverter == inverters.end();
    if (is_new) {
        inverter = inverters.insert(inverters.end(), InverterValues{.serial = record.serial});
    }
    if (is_new || (online && !inverter->online)) {
        inverter->operating_status = record.operating_status;
        inverter->alarm_code = record.alarm_code;
        inverter->alarm_count = record.alarm_count;
        inverter->link_status = record.link_status;
        inverter->online = online;
        if (online) {
            inverter->grid_voltage = record.grid_voltage;
            inverter->grid_frequency = record.grid_frequency;
            inverter->temperature = record.temperature;
        }
    } else if (online == inverter->online && inverter->alarm_code == 0) {
        inverter->alarm_code = record.alarm_code;
    }
}

PortValues make_port(const PortRecord& record, bool inverter_online, Counters& counters, const Moment& moment,
                     bool only_known) {
    PortValues values{.serial = record.serial, .port = record.port};
    const bool online = is_online(record);
    if (!only_known || counters.knows(record.serial, record.port)) {
        const auto known = counters.update(
            {record.serial, record.port, record.energy_today, record.energy_total, online}, moment);
        if (known) {
            values.today_production = known->today;
            values.total_production = known->total;
        }
    }
    if (online) {
        values.pv_voltage = record.pv_voltage;
        values.pv_current = record.pv_current;
        values.pv_power = record.pv_power;
        counters.set_power_open(record.serial, record.port, true);
    } else if (!inverter_online && !is_stale(record) && counters.power_open(record.serial, record.port)) {
        values.pv_power = 0.0;
        counters.set_power_open(record.serial, record.port, false);
    }
    return values;
}

}  // namespace

Snapshot make_snapshot(const ScanResult& scan, Counters& counters, const Moment& moment) {
    Snapshot snapshot;
    snapshot.dtu.serial = scan.dtu_serial;
    snapshot.inverters.reserve(scan.records.size());
    snapshot.ports.reserve(scan.records.size());
    for (const PortRecord& record : scan.records) {
        add_to_inverters(snapshot.inverters, record);
    }
    // Summed as the whole tenths of a watt that the DTU counts in, so that 10.2 W and 9.9 W are 20.1 W
    // exactly.
    std::int64_t power_tenths = 0;
    std::int64_t ports_online = 0;
    // Records read with a wrong stride name ports that do not exist; once remembered, they would be in the
    // sums for ever. A partial scan has no warning of its own.
    const bool only_known = !scan.warning.empty() || !describe_skipped_ports(scan.records).empty();
    bool alarm = false;
    for (const PortRecord& record : scan.records) {
        const auto inverter =
            std::find_if(snapshot.inverters.begin(), snapshot.inverters.end(),
                         [&](const InverterValues& candidate) { return candidate.serial == record.serial; });
        snapshot.ports.push_back(make_port(record, inverter->online, counters, moment, only_known));
        if (is_online(record)) {
            power_tenths += std::llround(record.pv_power * 10);
            alarm = alarm || record.alarm_code != 0;
            ++ports_online;
        }
    }
    const bool complete = scan.status == ScanStatus::complete;
    if (complete) {
        snapshot.dtu.pv_power = static_cast<double>(power_tenths) / 10.0;
        snapshot.dtu.ports_online = ports_online;
        snapshot.dtu.ports_total = static_cast<std::int64_t>(scan.records.size());
    }
    if (complete || alarm) {
        snapshot.dtu.alarm_flag = alarm;
    }
    if (const CounterSums sums = counters.sums(moment); sums.ports > 0) {
        // Until every port was read on a new day, its sum would be that of some ports only.
        if (complete || sums.ports_today == sums.ports) {
            snapshot.dtu.today_production = sums.today;
        }
        snapshot.dtu.total_production = sums.total;
    }
    return snapshot;
}

}  // namespace heliograph::hoymiles
