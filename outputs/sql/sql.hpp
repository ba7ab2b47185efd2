// The output that writes metrics to the tables of an SQL database.
#pragma once

#include "outputs/sql/conversion.hpp"
#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/planner.hpp"

#include <heliograph/output.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// Writes a batch in one transaction over all its tables: it is stored as a whole, but for the rows that the
/// database refuses. After a failure nothing of the batch is stored, and the next write connects anew.
class Sql final : public Output<Options> {
public:
    static constexpr std::string_view kType = "sql";
    static constexpr std::string_view kSummary =
        "Writes metrics to an SQL database, one table per measurement.";
    static constexpr bool kIdempotent = true;
    static constexpr bool kPartial = true;

    void check(Problems& problems) override;
    void open() override;
    void interrupt() noexcept override;
    void close() noexcept override;
    void write(const MetricSpan& metrics, Verdict& verdict) override;

private:
    struct Rejected {
        std::size_t index;
        std::string reason;
    };
    enum class OnSchemaChange { rethrow, reject_row };

    /// An engine with what is prepared on it: the planner goes first.
    struct Connection {
        std::unique_ptr<Engine> engine;
        Planner planner;
    };

    void write_in_transaction(const MetricSpan& metrics, OnSchemaChange on_schema_change);
    void undo() noexcept;
    void write_row(const MetricView& metric);
    void report(Verdict& verdict);

    std::mutex connection_mutex_;  // interrupt must not meet a connection that is being made or closed
    std::optional<Connection> connection_;
    TimeFormat time_format_ = TimeFormat::automatic;
    RowConverter converter_;
    std::vector<Value> row_;
    std::vector<std::size_t> inserted_;  // the metrics behind the engine's rows, in their order
    std::vector<Rejected> rejected_;
};

}  // namespace heliograph::sql
