#include "plugins/testkit/influxdb3_store.hpp"

#include "plugins/common/line_protocol/number_writer.hpp"

#include <algorithm>
#include <array>

namespace heliograph::testkit {
namespace {

constexpr std::size_t kLongestString = 1'048'576;

std::string_view type_name(const hg_field& field) {
    switch (field.type) {
        case HG_FLOAT:
            return "field::float";
        case HG_INTEGER:
            return "field::integer";
        case HG_UNSIGNED:
            return "field::uinteger";
        case HG_BOOLEAN:
            return "field::boolean";
        default:
            return "field::string";
    }
}

std::string value_text(const hg_field& field) {
    std::array<char, line_protocol::kLongestNumber> number{};
    switch (field.type) {
        case HG_FLOAT:
            return {number.data(), line_protocol::write_float(number.data(), field.value.floating)};
        case HG_INTEGER:
            return std::to_string(field.value.integer) + 'i';
        case HG_UNSIGNED:
            return std::to_string(field.value.unsigned_integer) + 'u';
        case HG_BOOLEAN:
            return field.value.boolean != 0 ? "true" : "false";
        default:
            return '"' + std::string(view(field.value.text)) + '"';
    }
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::optional<std::string> wrong_key(std::string_view key, std::string_view kind) {
    if (has_control(key)) {
        return std::string(kind) + " key cannot contain control characters";
    }
    if (key == "time" || key == "__chunk_order") {
        return "invalid column name '" + std::string(key) + "': it is reserved";
    }
    if (key.size() > kLongestString) {
        return "String is greater than 1MB";
    }
    return std::nullopt;
}

/// Registers a column or finds it; the message when it is there with another type.
std::optional<std::string> use_column(InfluxDb3Store::Table& table, std::string_view name,
                                      std::string_view type, std::size_t max_columns) {
    const auto found = table.types.find(std::string(name));
    if (found == table.types.end()) {
        if (table.types.size() >= max_columns) {
            return "Update to schema would exceed number of columns per table limit of " +
                   std::to_string(max_columns) + " columns";
        }
        table.types.emplace(name, type);
        return std::nullopt;
    }
    if (found->second != type) {
        return "invalid column type for column '" + std::string(name) +
               "', expected iox::column_type::" + found->second +
               ", got iox::column_type::" + std::string(type);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> InfluxDb3Store::ensure_database(const std::string& name,
                                                           const InfluxDb3Settings& settings) {
    if (!databases_.contains(name)) {
        if (databases_.size() >= settings.max_databases) {
            return "Adding a new database would exceed limit of " + std::to_string(settings.max_databases) +
                   " databases";
        }
        databases_[name];
    }
    return std::nullopt;
}

std::size_t InfluxDb3Store::table_count() const {
    std::size_t count = 0;
    for (const auto& [name, database] : databases_) {
        count += database.size();
    }
    return count;
}

std::optional<std::string> InfluxDb3Store::check(const std::string& database, const MetricView& metric,
                                                 const InfluxDb3Settings& settings) {
    if (metric.name().find('\0') != std::string_view::npos) {
        return "measurement name cannot contain NUL";
    }
    Database& tables = databases_.at(database);
    const std::string name(metric.name());
    if (!tables.contains(name) && table_count() >= settings.max_tables) {
        return "Update to schema would exceed number of tables limit: attempted to create table but already "
               "have " +
               std::to_string(table_count()) + " table(s) (limit: " + std::to_string(settings.max_tables) +
               ")";
    }
    Table& table = tables[name];
    for (const hg_tag& tag : metric.tags()) {
        if (auto wrong = wrong_key(view(tag.key), "tag")) {
            return wrong;
        }
        if (auto wrong = use_column(table, view(tag.key), "tag", settings.max_columns)) {
            return wrong;
        }
    }
    for (const hg_field& field : metric.fields()) {
        if (auto wrong = wrong_key(view(field.key), "field")) {
            return wrong;
        }
        if (field.type == HG_TEXT && field.value.text.size > kLongestString) {
            return "String is greater than 1MB";
        }
        if (auto wrong = use_column(table, view(field.key), type_name(field), settings.max_columns)) {
            return wrong;
        }
    }
    return std::nullopt;
}

void InfluxDb3Store::store(const std::string& database, const MetricView& metric, std::int64_t time) {
    std::string key;
    for (const hg_tag& tag : metric.tags()) {
        key.append(view(tag.key)).append(1, '\0').append(view(tag.value)).append(1, '\0');
    }
    key += std::to_string(time);
    StoredRow& row = databases_.at(database)[std::string(metric.name())].rows[key];
    row.time = time;
    ++row.writes;
    for (const hg_tag& tag : metric.tags()) {
        row.tags[std::string(view(tag.key))] = view(tag.value);
    }
    for (const hg_field& field : metric.fields()) {
        row.fields[std::string(view(field.key))] = value_text(field);
    }
}

const InfluxDb3Store::Database* InfluxDb3Store::database(std::string_view name) const {
    const auto found = databases_.find(name);
    return found == databases_.end() ? nullptr : &found->second;
}

}  // namespace heliograph::testkit
