#include "inputs/hoymiles_dtu/metrics.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace heliograph::hoymiles {
namespace {

std::string value_text(FieldView field) {
    std::ostringstream text;
    text << std::boolalpha;
    switch (field.type()) {
        case ValueType::floating:
            text << "float " << field.floating();
            break;
        case ValueType::integer:
            text << "integer " << field.integer();
            break;
        case ValueType::boolean:
            text << "boolean " << field.boolean();
            break;
        default:
            text << "unexpected";
    }
    return text.str();
}

/// One metric per text, in a form that shows every name, type and value.
std::vector<std::string> texts(const OwnedBatch& batch) {
    std::vector<std::string> result;
    for (const MetricView metric : batch.metrics()) {
        std::string text{metric.name()};
        for (const hg_tag& tag : metric.tags()) {
            text += ',' + std::string{view(tag.key)} + '=' + std::string{view(tag.value)};
        }
        for (const hg_field& field : metric.fields()) {
            text += ' ' + std::string{view(field.key)} + '=' + value_text(FieldView{field});
        }
        result.push_back(text + " @" + std::to_string(metric.time()));
    }
    return result;
}

Snapshot plant() {
    Snapshot snapshot;
    snapshot.dtu.serial = SerialNumber{0x11D361600831};
    snapshot.dtu.pv_power = 41.5;
    snapshot.dtu.today_production = 1624;
    snapshot.dtu.total_production = 133308;
    snapshot.dtu.alarm_flag = false;
    snapshot.dtu.ports_online = 1;
    snapshot.dtu.ports_total = 2;
    InverterValues online;
    online.serial = SerialNumber{0x116172200101};
    online.grid_voltage = 241.1;
    online.grid_frequency = 49.98;
    online.temperature = -7.3;
    online.operating_status = 3;
    online.alarm_count = 4;
    online.link_status = 1;
    InverterValues offline;
    offline.serial = SerialNumber{0x116172200102};
    snapshot.inverters = {online, offline};
    PortValues producing;
    producing.serial = online.serial;
    producing.port = 1;
    producing.pv_voltage = 35.2;
    producing.pv_current = 1.18;
    producing.pv_power = 41.5;
    producing.today_production = 812;
    producing.total_production = 66654;
    PortValues asleep;
    asleep.serial = offline.serial;
    asleep.port = 1;
    asleep.today_production = 812;
    asleep.total_production = 66654;
    PortValues never_heard;
    never_heard.serial = offline.serial;
    never_heard.port = 2;
    snapshot.ports = {producing, asleep, never_heard};
    return snapshot;
}

}  // namespace

TEST_CASE("a snapshot becomes metrics with the names and types that dashboards know", "[unit][hoymiles]") {
    OwnedBatch batch;
    append_snapshot(batch.batch(), plant(), {.dtu_name = "roof", .time = 5});
    CHECK(texts(batch) ==
          std::vector<std::string>{
              "dtu,dtu_name=roof,dtu_serial=11D361600831 pv_power=float 41.5 today_production=integer 1624 "
              "total_production=integer 133308 alarm_flag=boolean false @5",
              "inverter,dtu_name=roof,serial_number=116172200101 grid_voltage=float 241.1 "
              "grid_frequency=float 49.98 "
              "temperature=float -7.3 operating_status=integer 3 alarm_code=integer 0 alarm_count=integer 4 "
              "link_status=integer 1 @5",
              "inverter,dtu_name=roof,serial_number=116172200102 operating_status=integer 0 "
              "alarm_code=integer 0 "
              "alarm_count=integer 0 link_status=integer 0 @5",
              "port,dtu_name=roof,port_number=1,serial_number=116172200101 pv_voltage=float 35.2 "
              "pv_current=float 1.18 "
              "pv_power=float 41.5 today_production=integer 812 total_production=integer 66654 @5",
              "port,dtu_name=roof,port_number=1,serial_number=116172200102 today_production=integer 812 "
              "total_production=integer 66654 @5",
          });
}

TEST_CASE("port counts are emitted when asked for", "[unit][hoymiles]") {
    OwnedBatch batch;
    append_snapshot(batch.batch(), plant(), {.dtu_name = "roof", .time = 5, .port_counts = true});
    CHECK(batch.metrics()[0].field("ports_online")->integer() == 1);
    CHECK(batch.metrics()[0].field("ports_total")->integer() == 2);
}

TEST_CASE("a DTU of which nothing is known makes no metric", "[unit][hoymiles]") {
    OwnedBatch batch;
    append_snapshot(batch.batch(), Snapshot{}, {.dtu_name = "roof", .time = 5});
    CHECK(batch.size() == 0);
}

TEST_CASE("every emitted tag and field is declared", "[unit][hoymiles]") {
    OwnedBatch batch;
    append_snapshot(batch.batch(), plant(), {.dtu_name = "roof", .time = 5});
    const auto declared = [](std::string_view measurement, std::string_view name, std::int32_t role,
                             std::int32_t type) {
        for (const hg_declaration& declaration : kMetricDeclarations) {
            if (view(declaration.measurement) == measurement && view(declaration.name) == name &&
                declaration.role == role && declaration.type == type) {
                return true;
            }
        }
        return false;
    };
    for (const MetricView metric : batch.metrics()) {
        for (const hg_tag& tag : metric.tags()) {
            CAPTURE(metric.name(), view(tag.key));
            CHECK(declared(metric.name(), view(tag.key), HG_ROLE_TAG, HG_TEXT));
        }
        for (const hg_field& field : metric.fields()) {
            CAPTURE(metric.name(), view(field.key));
            CHECK(declared(metric.name(), view(field.key), HG_ROLE_FIELD, field.type));
        }
    }
}

}  // namespace heliograph::hoymiles
