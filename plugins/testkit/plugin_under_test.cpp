#include "plugins/testkit/plugin_under_test.hpp"

#include <heliograph/text.hpp>

#include <deque>
#include <span>
#include <stdexcept>

namespace heliograph::testkit {
namespace {

/// Keeps the C values of a call to configure alive.
class OptionValues {
public:
    OptionValues(const hg_descriptor& descriptor, const Settings& settings) {
        for (const hg_option* option : std::span(descriptor.options, descriptor.option_count)) {
            values_.push_back(option->default_value);
        }
        for (const auto& [name, value] : settings) {
            set(descriptor, name, value);
        }
    }
    [[nodiscard]] std::span<const hg_option_value> values() const noexcept { return values_; }

private:
    void set(const hg_descriptor& descriptor, const std::string& name, const SettingValue& setting) {
        for (std::size_t i = 0; i < descriptor.option_count; ++i) {
            const hg_option& option = *descriptor.options[i];
            if (view(option.name) == name) {
                values_[i].type = option.type;
                values_[i].given = 1;
                std::visit([&](const auto& value) { fill(values_[i], option, value); }, setting);
                return;
            }
        }
        throw std::runtime_error("the plugin has no option " + name);
    }

    static void expect(bool fits, const hg_option& option) {
        if (!fits) {
            throw std::runtime_error("wrong type of setting for option " + std::string(view(option.name)));
        }
    }
    static void fill(hg_option_value& slot, const hg_option& option, const std::string& text) {
        if (option.type == HG_OPTION_CHOICE) {
            for (std::size_t i = 0; i < option.choices.count; ++i) {
                if (view(option.choices.items[i]) == text) {
                    slot.value.integer = static_cast<std::int64_t>(i);
                    return;
                }
            }
        }
        expect(option.type == HG_OPTION_TEXT || option.type == HG_OPTION_SECRET, option);
        slot.value.text = to_text(text);
    }
    static void fill(hg_option_value& slot, const hg_option& option, std::int64_t value) {
        expect(option.type == HG_OPTION_INTEGER || option.type == HG_OPTION_SIZE, option);
        slot.value.integer = value;
    }
    static void fill(hg_option_value& slot, const hg_option& option, double value) {
        expect(option.type == HG_OPTION_FLOAT, option);
        slot.value.floating = value;
    }
    static void fill(hg_option_value& slot, const hg_option& option, bool value) {
        expect(option.type == HG_OPTION_BOOLEAN, option);
        slot.value.boolean = std::uint8_t{value};
    }
    static void fill(hg_option_value& slot, const hg_option& option, std::chrono::nanoseconds value) {
        expect(option.type == HG_OPTION_DURATION, option);
        slot.value.integer = value.count();
    }
    void fill(hg_option_value& slot, const hg_option& option, const std::vector<std::string>& items) {
        expect(option.type == HG_OPTION_LIST, option);
        auto& list = lists_.emplace_back();
        for (const std::string& item : items) {
            list.push_back(to_text(item));
        }
        slot.value.list = {list.data(), list.size()};
    }
    void fill(hg_option_value& slot, const hg_option& option, const TextMap& items) {
        expect(option.type == HG_OPTION_MAP, option);
        auto& map = maps_.emplace_back();
        for (const auto& [key, value] : items) {
            map.push_back({to_text(key), to_text(value)});
        }
        slot.value.map = {map.data(), map.size()};
    }

    std::vector<hg_option_value> values_;
    std::deque<std::vector<hg_text>> lists_;
    std::deque<std::vector<hg_tag>> maps_;
};

template <class Result = Outcome, class Call>
Result run(Call call) {
    hg_error error{};
    error.size = sizeof(error);
    Result outcome;
    outcome.status = call(&error);
    outcome.error.assign(error.text, error.text_size);
    outcome.retry_after = std::chrono::nanoseconds(error.retry_after);
    return outcome;
}

struct RecordingVerdict {
    hg_verdict door;
    WriteOutcome* outcome;
};

struct RecordingProblems {
    hg_problems door;
    std::vector<ReportedProblem> found;
};

struct CollectingAccumulator {
    hg_accumulator door;
    OwnedBatch current;
    OwnedBatch* into;
};

void collect(CollectingAccumulator& accumulator) {
    for (const MetricView metric : accumulator.current.metrics()) {
        accumulator.into->batch().add_copy(metric);
    }
    accumulator.current.reset();
}

}  // namespace

PluginUnderTest::PluginUnderTest(const hg_descriptor& descriptor, RecordingHost& host,
                                 const Settings& settings) {
    const Outcome created =
        run([&](hg_error* error) { return descriptor.create(&host.door(), &plugin_, error); });
    if (!created.ok()) {
        throw std::runtime_error("create: " + created.error);
    }
    const OptionValues values(descriptor, settings);
    const Outcome configured = run([&](hg_error* error) {
        return plugin_->configure(plugin_, values.values().data(), values.values().size(), error);
    });
    if (!configured.ok()) {
        plugin_->destroy(plugin_);
        throw std::runtime_error("configure: " + configured.error);
    }
}

PluginUnderTest::~PluginUnderTest() {
    plugin_->close(plugin_);
    plugin_->destroy(plugin_);
}

std::vector<ReportedProblem> PluginUnderTest::check() {
    RecordingProblems problems{};
    problems.door.size = sizeof(hg_problems);
    problems.door.report = [](hg_problems* door, hg_text option, hg_text key, hg_text message, hg_text hint) {
        reinterpret_cast<RecordingProblems*>(door)->found.push_back(
            {std::string(view(option)), std::string(view(key)), std::string(view(message)),
             std::string(view(hint))});
    };
    const Outcome outcome =
        run([&](hg_error* error) { return plugin_->check(plugin_, &problems.door, error); });
    if (!outcome.ok()) {
        throw std::runtime_error("check: " + outcome.error);
    }
    return problems.found;
}

Outcome PluginUnderTest::open() {
    return run([&](hg_error* error) { return plugin_->open(plugin_, error); });
}

void PluginUnderTest::close() {
    plugin_->close(plugin_);
}

void PluginUnderTest::interrupt() {
    plugin_->interrupt(plugin_);
}

Outcome PluginUnderTest::gather(OwnedBatch& into) {
    CollectingAccumulator accumulator{};
    accumulator.into = &into;
    accumulator.door.size = sizeof(hg_accumulator);
    accumulator.door.batch = &accumulator.current.door();
    accumulator.door.flush = [](hg_accumulator* door) {
        collect(*reinterpret_cast<CollectingAccumulator*>(door));
        return std::int32_t{HG_OK};
    };
    Outcome outcome =
        run([&](hg_error* error) { return plugin_->gather(plugin_, &accumulator.door, error); });
    collect(accumulator);
    return outcome;
}

Outcome PluginUnderTest::process(OwnedBatch& batch) {
    return run([&](hg_error* error) { return plugin_->process(plugin_, &batch.door(), error); });
}

Outcome PluginUnderTest::flush(OwnedBatch& batch, bool final) {
    return run([&](hg_error* error) { return plugin_->flush(plugin_, &batch.door(), final ? 1 : 0, error); });
}

WriteOutcome PluginUnderTest::write(MetricSpan metrics) {
    WriteOutcome named;
    RecordingVerdict verdict{};
    verdict.outcome = &named;
    verdict.door.size = sizeof(hg_verdict);
    verdict.door.reject = [](hg_verdict* door, std::size_t index, hg_text reason) {
        reinterpret_cast<RecordingVerdict*>(door)->outcome->rejected[index] = std::string(view(reason));
    };
    verdict.door.keep = [](hg_verdict* door, std::size_t index, hg_text reason) {
        reinterpret_cast<RecordingVerdict*>(door)->outcome->kept[index] = std::string(view(reason));
    };
    auto outcome = run<WriteOutcome>([&](hg_error* error) {
        return plugin_->write(plugin_, metrics.records().data(), metrics.size(), &verdict.door, error);
    });
    outcome.rejected = std::move(named.rejected);
    outcome.kept = std::move(named.kept);
    return outcome;
}

}  // namespace heliograph::testkit
