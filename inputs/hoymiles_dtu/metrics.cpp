#include "inputs/hoymiles_dtu/metrics.hpp"

#include <charconv>
#include <optional>

namespace heliograph::hoymiles {
namespace {

template <class Value>
void field_if_known(MetricBuilder& metric, Name name, const std::optional<Value>& value) {
    if (value) {
        metric.field(name, *value);
    }
}

void append_dtu(Batch& batch, const DtuValues& dtu, hg_text name, const MetricSettings& settings) {
    const bool something = dtu.pv_power || dtu.total_production || dtu.alarm_flag;
    if (!something) {
        return;
    }
    MetricBuilder metric = batch.add("dtu", 2, 6);
    metric.tag_text("dtu_name", name).tag("dtu_serial", dtu.serial.text()).time(settings.time);
    field_if_known(metric, "pv_power", dtu.pv_power);
    field_if_known(metric, "today_production", dtu.today_production);
    field_if_known(metric, "total_production", dtu.total_production);
    field_if_known(metric, "alarm_flag", dtu.alarm_flag);
    if (settings.port_counts) {
        field_if_known(metric, "ports_online", dtu.ports_online);
        field_if_known(metric, "ports_total", dtu.ports_total);
    }
}

void append_inverter(Batch& batch, const InverterValues& inverter, hg_text name, std::int64_t time) {
    MetricBuilder metric = batch.add("inverter", 2, 7);
    metric.tag_text("dtu_name", name).tag("serial_number", inverter.serial.text()).time(time);
    field_if_known(metric, "grid_voltage", inverter.grid_voltage);
    field_if_known(metric, "grid_frequency", inverter.grid_frequency);
    field_if_known(metric, "temperature", inverter.temperature);
    metric.field("operating_status", inverter.operating_status);
    metric.field("alarm_code", inverter.alarm_code);
    metric.field("alarm_count", inverter.alarm_count);
    metric.field("link_status", inverter.link_status);
}

void append_port(Batch& batch, const PortValues& port, hg_text name, std::int64_t time) {
    if (!port.pv_power && !port.total_production) {
        return;  // never heard of: there is nothing to say
    }
    char number[8];
    const auto written = std::to_chars(number, number + sizeof number, port.port);
    MetricBuilder metric = batch.add("port", 3, 5);
    metric.tag_text("dtu_name", name)
        .tag("port_number", {number, static_cast<std::size_t>(written.ptr - number)})
        .tag("serial_number", port.serial.text())
        .time(time);
    field_if_known(metric, "pv_voltage", port.pv_voltage);
    field_if_known(metric, "pv_current", port.pv_current);
    field_if_known(metric, "pv_power", port.pv_power);
    field_if_known(metric, "today_production", port.today_production);
    field_if_known(metric, "total_production", port.total_production);
}

}  // namespace

void append_snapshot(Batch batch, const Snapshot& snapshot, const MetricSettings& settings) {
    const hg_text name = arena_copy(batch.arena(), settings.dtu_name);
    append_dtu(batch, snapshot.dtu, name, settings);
    for (const InverterValues& inverter : snapshot.inverters) {
        append_inverter(batch, inverter, name, settings.time);
    }
    for (const PortValues& port : snapshot.ports) {
        append_port(batch, port, name, settings.time);
    }
}

}  // namespace heliograph::hoymiles
