// Exports the InfluxDB output.
#include "outputs/influxdb_v3/influxdb_v3.hpp"

#include <heliograph/plugin.hpp>

HELIOGRAPH_PLUGIN(heliograph::influxdb_v3::InfluxDb, heliograph::influxdb_v3::InfluxDb::kType,
                  heliograph::influxdb_v3::InfluxDb::kSummary)
