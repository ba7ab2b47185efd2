#include "outputs/sql/postgresql_writer.hpp"

#include <heliograph/errors.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace heliograph::sql {
namespace {

// Each is emptied at every commit, used or not.
constexpr std::size_t kMostStaging = 32;
// What is kept for the next batch.
constexpr std::size_t kMostSpareBuffers = 16;
constexpr std::size_t kMostSpareBytes = 16'777'216;

constexpr std::uint64_t kTimePart = 1;

std::uint64_t mix(std::uint64_t state, std::uint64_t value) noexcept {
    constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;
    state = (state ^ value) * kSpread;
    return state ^ (state >> 32);
}

std::uint64_t hash(const CopyColumn& column, const Value& value) noexcept {
    switch (value.kind()) {
        case Value::Kind::null:
            break;
        case Value::Kind::floating:
            return std::hash<double>()(value.floating());
        case Value::Kind::integer: {
            const bool is_moment = column.wire == Wire::timestamp || column.wire == Wire::timestamptz;
            return static_cast<std::uint64_t>(is_moment ? microseconds(value.integer()) : value.integer());
        }
        case Value::Kind::unsigned_integer:
            return value.unsigned_integer();
        case Value::Kind::text:
            return std::hash<std::string_view>()(value.text());
    }
    return 0;
}

/// Equal for rows of equal keys. A tag that is missing is stored as an empty one, so neither counts.
std::uint64_t key_hash(const PostgresqlTarget& target, std::span<const Value> row) noexcept {
    std::uint64_t tags = 0;
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::uint64_t part = target.key_parts[i];
        if (part == 0 || (row[i].kind() == Value::Kind::text && row[i].text().empty())) {
            continue;
        }
        if (part == kTimePart) {
            time = hash(target.columns[i], row[i]);
        } else {
            tags += mix(part, hash(target.columns[i], row[i]));  // a sum: tags come in any order
        }
    }
    return mix(mix(target.table_hash, time), tags);
}

std::string types_of(const PostgresqlTarget& target) {
    std::string types;
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        types += i == 0 ? "c" : ", c";
        types += std::to_string(i) + " ";
        types += sql_name(target.columns[i].wire);
    }
    return types;
}

bool has_types(const PostgresqlResult& rows, const std::vector<std::uint32_t>& types) {
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (PQftype(rows.get(), static_cast<int>(i)) != types[i]) {
            return false;
        }
    }
    return true;
}

std::string staged_names(std::size_t count) {
    std::string names;
    for (std::size_t i = 0; i < count; ++i) {
        names += (i == 0 ? "c" : ", c") + std::to_string(i);
    }
    return names;
}

}  // namespace

void PostgresqlWriter::add(const std::shared_ptr<PostgresqlTarget>& target, std::span<const Value> row) {
    const std::size_t round =
        target->on_conflict == OnConflict::append ? 0 : keys_.count(key_hash(*target, row));
    if (target->rounds.empty()) {
        pending_.push_back(target);
    }
    while (target->rounds.size() <= round) {
        if (spare_.empty()) {
            spare_.emplace_back();
        }
        target->rounds.push_back(std::move(spare_.back()));
        spare_.pop_back();
    }
    target->rounds[round].add_row(target->columns, row, rows_);
    rounds_ = std::max(rounds_, round + 1);
    ++rows_;
}

std::vector<RefusedRow> PostgresqlWriter::commit() {
    if (rows_ == 0) {
        return {};
    }
    ensure_staging();
    is_open_ = false;
    for (std::size_t round = 0; round < rounds_; ++round) {
        for (const auto& target : pending_) {
            if (round < target->rounds.size() && target->rounds[round].rows() != 0) {
                write_round(*target, target->rounds[round]);
            }
        }
    }
    const PostgresqlResult result = connection_.execute("COMMIT", "commit a transaction");
    if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
        throw Retry("cannot commit a transaction: the server had ended it");
    }
    return std::exchange(refused_, {});
}

void PostgresqlWriter::clear() noexcept {
    for (const auto& target : pending_) {
        for (CopyBuffer& buffer : target->rounds) {
            if (spare_.size() < kMostSpareBuffers && buffer.capacity() <= kMostSpareBytes) {
                buffer.clear();
                spare_.push_back(std::move(buffer));
            }
        }
        target->rounds.clear();
    }
    pending_.clear();
    keys_.clear();
    refused_.clear();
    rows_ = 0;
    rounds_ = 0;
}

/// Makes the temporary tables that the batch needs. Outside of its transaction, so that they outlast it.
void PostgresqlWriter::ensure_staging() {
    std::string missing;
    for (auto& [types, staging] : staging_) {
        staging.is_needed = false;
        staging.has_rows = false;
    }
    for (const auto& target : pending_) {
        if (target->on_conflict == OnConflict::append) {
            continue;
        }
        const std::string types = types_of(*target);
        auto found = staging_.find(types);
        if (found == staging_.end()) {
            const std::string name = "pg_temp.heliograph_" + std::to_string(++staging_made_);
            connection_.execute("CREATE TEMPORARY TABLE heliograph_" + std::to_string(staging_made_) + " (" +
                                    types + ") ON COMMIT DELETE ROWS",
                                "make a temporary table");
            found = staging_.emplace(types, Staging{name}).first;
        }
        found->second.is_needed = true;
    }
    if (staging_.size() <= kMostStaging) {
        return;
    }
    std::string unneeded;
    for (auto at = staging_.begin(); at != staging_.end();) {
        if (at->second.is_needed) {
            ++at;
            continue;
        }
        unneeded += (unneeded.empty() ? "" : ", ") + at->second.name;
        at = staging_.erase(at);
    }
    if (!unneeded.empty()) {
        connection_.execute("DROP TABLE " + unneeded, "drop temporary tables");
    }
}

/// Writes the rows of one buffer but for those that the server refuses. A part that it refuses is divided
/// until one row is left, which is the only proof that it is at fault.
void PostgresqlWriter::write_round(PostgresqlTarget& target, const CopyBuffer& buffer) {
    std::vector<Rows> left{{0, buffer.rows()}};
    while (!left.empty()) {
        const Rows rows = left.back();
        left.pop_back();
        try {
            write_rows(target, buffer, rows);
        } catch (const RefusedByServer& error) {
            connection_.execute("ROLLBACK TO heliograph; RELEASE heliograph", "undo a part of a transaction");
            if (rows.count == 1) {
                refused_.push_back({buffer.number(rows.first), error.what()});
                continue;
            }
            const bool is_known = error.line() != 0 && error.line() <= rows.count;
            const std::size_t before = is_known ? error.line() - 1 : rows.count / 2;
            const std::size_t middle = is_known ? 1 : 0;
            for (const Rows& part : {Rows{rows.first + before + middle, rows.count - before - middle},
                                     Rows{rows.first + before, middle}, Rows{rows.first, before}}) {
                if (part.count != 0) {
                    left.push_back(part);
                }
            }
        }
    }
}

void PostgresqlWriter::write_rows(PostgresqlTarget& target, const CopyBuffer& buffer, Rows rows) {
    const bool staged = target.on_conflict != OnConflict::append;
    Staging* staging = staged ? &staging_.find(types_of(target))->second : nullptr;
    // All in one message, so that it is one round trip. The first query shows the columns as they are by now,
    // and keeps them so until the end of the transaction.
    std::string sql = is_open_ ? "" : "BEGIN ISOLATION LEVEL READ COMMITTED; ";
    sql += "SAVEPOINT heliograph; SELECT " + target.names + " FROM " + target.table + " LIMIT 0; ";
    if (staged) {
        const std::string names = staged_names(target.columns.size());
        sql += staging->has_rows ? "DELETE FROM " + staging->name + "; " : "";
        sql += "COPY " + staging->name + " FROM STDIN (FORMAT binary); INSERT INTO " + target.table +
               " AS stored (" + target.names + ") SELECT " + names + " FROM " + staging->name +
               " ON CONFLICT (" + target.key + ") DO ";
        sql += target.updates.empty() ? "NOTHING" : "UPDATE SET " + target.updates;
    } else {
        sql += "COPY " + target.table + " (" + target.names + ") FROM STDIN (FORMAT binary)";
    }
    sql += "; RELEASE heliograph";
    is_open_ = true;
    const std::array<std::string_view, 3> data{CopyBuffer::kHeader, buffer.bytes(rows.first, rows.count),
                                               CopyBuffer::kTrailer};
    const bool same = connection_.copy(
        sql, [&](const PostgresqlResult& found) { return has_types(found, target.types); }, data,
        "write to table " + target.table);
    if (!same) {
        throw SchemaChanged("cannot write to table " + target.table +
                            ": the types of its columns have changed");
    }
    if (staged) {
        staging->has_rows = true;
    }
}

}  // namespace heliograph::sql
