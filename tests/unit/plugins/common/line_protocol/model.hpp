// A metric as plain values, so that tests can build, compare and print what the door's records hold.
#pragma once

#include <heliograph/metric.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace heliograph::line_protocol::test {

using Value = std::variant<double, std::int64_t, std::uint64_t, bool, std::string>;

struct Model {
    std::string measurement;
    std::vector<std::pair<std::string, std::string>> tags;
    std::vector<std::pair<std::string, Value>> fields;
    std::int64_t time = HG_TIME_UNSET;
};

// Bit by bit, so that -0 is not 0.
inline bool operator==(const Model& a, const Model& b) {
    const auto same = [](const Value& left, const Value& right) {
        if (const auto* number = std::get_if<double>(&left);
            number != nullptr && left.index() == right.index()) {
            return std::bit_cast<std::uint64_t>(*number) ==
                   std::bit_cast<std::uint64_t>(std::get<double>(right));
        }
        return left == right;
    };
    return a.measurement == b.measurement && a.tags == b.tags && a.time == b.time &&
           std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                      [&](const auto& left, const auto& right) {
                          return left.first == right.first && same(left.second, right.second);
                      });
}

inline std::ostream& operator<<(std::ostream& out, const Model& model) {
    out << '"' << model.measurement << '"';
    for (const auto& [key, value] : model.tags) {
        out << " [" << key << "]=[" << value << ']';
    }
    out.precision(17);
    for (const auto& [key, value] : model.fields) {
        out << " (" << key << ")=" << value.index() << ':';
        std::visit([&](const auto& it) { out << it; }, value);
    }
    return out << " @" << model.time;
}

inline Model model_of(MetricView metric) {
    Model model{std::string(metric.name()), {}, {}, metric.time()};
    for (const hg_tag& tag : metric.tags()) {
        model.tags.emplace_back(view(tag.key), view(tag.value));
    }
    for (const hg_field& record : metric.fields()) {
        const FieldView field(record);
        Value value;
        switch (field.type()) {
            case ValueType::floating:
                value = field.floating();
                break;
            case ValueType::integer:
                value = field.integer();
                break;
            case ValueType::unsigned_integer:
                value = field.unsigned_integer();
                break;
            case ValueType::boolean:
                value = field.boolean();
                break;
            case ValueType::text:
                value = std::string(field.text());
                break;
        }
        model.fields.emplace_back(field.key(), std::move(value));
    }
    return model;
}

/// What a record may hold: tags sorted and each once, fields each once, the last value wins.
inline Model normalised(Model model) {
    std::map<std::string, std::string> tags;
    for (auto& [key, value] : model.tags) {
        tags[key] = value;
    }
    model.tags.assign(tags.begin(), tags.end());
    std::vector<std::pair<std::string, Value>> fields;
    for (auto& field : model.fields) {
        const auto found = std::find_if(fields.begin(), fields.end(),
                                        [&](const auto& other) { return other.first == field.first; });
        if (found == fields.end()) {
            fields.push_back(field);
        } else {
            found->second = field.second;
        }
    }
    model.fields = std::move(fields);
    return model;
}

/// A record of the door made from a model: tags sorted, nothing else is put right. Points into the model.
class Record {
public:
    explicit Record(Model&& model) = delete;
    explicit Record(const Model& model) {
        for (const auto& [key, value] : model.tags) {
            tags_.push_back({to_text(key), to_text(value)});
        }
        std::stable_sort(tags_.begin(), tags_.end(), [](const hg_tag& a, const hg_tag& b) {
            return heliograph::view(a.key) < heliograph::view(b.key);
        });
        for (const auto& [key, value] : model.fields) {
            hg_field field{to_text(key), 0, 0, {}};
            if (const auto* floating = std::get_if<double>(&value)) {
                field.type = HG_FLOAT;
                field.value.floating = *floating;
            } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
                field.type = HG_INTEGER;
                field.value.integer = *integer;
            } else if (const auto* natural = std::get_if<std::uint64_t>(&value)) {
                field.type = HG_UNSIGNED;
                field.value.unsigned_integer = *natural;
            } else if (const auto* boolean = std::get_if<bool>(&value)) {
                field.type = HG_BOOLEAN;
                field.value.boolean = *boolean ? 1 : 0;
            } else {
                field.type = HG_TEXT;
                field.value.text = to_text(std::get<std::string>(value));
            }
            fields_.push_back(field);
        }
        metric_ = {to_text(model.measurement),
                   tags_.data(),
                   fields_.data(),
                   static_cast<std::uint32_t>(tags_.size()),
                   static_cast<std::uint32_t>(fields_.size()),
                   model.time};
    }

    [[nodiscard]] MetricView view() const noexcept { return MetricView(metric_); }

private:
    std::vector<hg_tag> tags_;
    std::vector<hg_field> fields_;
    hg_metric metric_{};
};

}  // namespace heliograph::line_protocol::test
