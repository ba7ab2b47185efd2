// What the strict InfluxDB 3 of the testkit keeps, and how it decides about a line.
#pragma once

#include "plugins/testkit/influxdb3_server.hpp"

#include <heliograph/metric.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::testkit {

/// The tables of all databases, with the types of their columns. Not thread-safe.
class InfluxDb3Store {
public:
    struct Table {
        std::map<std::string, std::string> types;  ///< column to "tag", "field::float", …
        std::map<std::string, StoredRow> rows;
    };
    using Database = std::map<std::string, Table, std::less<>>;

    /// Why the line cannot be stored; nothing when it can. Its table and columns are added as it is checked,
    /// also when it is refused in the end, as the real server does.
    [[nodiscard]] std::optional<std::string> check(const std::string& database, const MetricView& metric,
                                                   const InfluxDb3Settings& settings);
    void store(const std::string& database, const MetricView& metric, std::int64_t time);

    /// Why there can be no such database; nothing when there is one, or room for it.
    [[nodiscard]] std::optional<std::string> ensure_database(const std::string& name,
                                                             const InfluxDb3Settings& settings);
    [[nodiscard]] const Database* database(std::string_view name) const;

private:
    [[nodiscard]] std::size_t table_count() const;

    std::map<std::string, Database, std::less<>> databases_;
};

}  // namespace heliograph::testkit
