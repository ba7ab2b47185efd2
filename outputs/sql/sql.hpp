// The output that writes metrics to the tables of an SQL database.
#pragma once

#include "outputs/sql/conversion.hpp"
#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/planner.hpp"
#include "outputs/sql/retention.hpp"

#include <heliograph/output.hpp>

#include <chrono>
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

    /// An engine with what is prepared on it: the planner goes first.
    struct Connection {
        std::unique_ptr<Engine> engine;
        Planner planner;
    };

    /// What lives from the first open on, over all connections.
    struct Lasting {
        Planner::Memory memory;
        Retention retention;
    };

    void write_batch(const MetricSpan& metrics);
    void write_in_transaction(const MetricSpan& metrics);
    void undo() noexcept;
    void write_row(const MetricView& metric);
    void fill_row(const Plan& plan, const MetricView& metric);
    void look_again_sometimes();
    void report(Verdict& verdict);

    std::mutex connection_mutex_;  // interrupt must not meet a connection that is being made or closed
    std::optional<Connection> connection_;
    std::optional<Lasting> lasting_;
    std::optional<std::chrono::nanoseconds> limited_since_;  // monotonic
    TimeFormat time_format_ = TimeFormat::automatic;
    RowConverter converter_;
    std::vector<Value> row_;
    std::vector<std::size_t> inserted_;  // the metrics behind the engine's rows, in their order
    std::vector<Rejected> rejected_;
    std::int64_t dropped_fields_ = 0;
    std::size_t too_large_field_ = 0;  // the field that did not fit its column
};

}  // namespace heliograph::sql
