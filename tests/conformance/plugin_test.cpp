// What every plugin must be and survive, put to each module of the build.
#include "core/config/option_values.hpp"
#include "core/config/parse.hpp"
#include "core/graph/graph.hpp"
#include "core/loader/registry.hpp"
#include "core/runtime/settings.hpp"
#include "plugins/testkit/recording_host.hpp"

#include <heliograph/text.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace heliograph::conformance {
namespace {

using loader::Kind;
using testkit::RecordingHost;

/// Every module of the build. Loaded once, for the life of the process.
const std::vector<loader::Listed>& modules() {
    static loader::Registry registry({HELIOGRAPH_TEST_PLUGIN_DIR});
    static const std::vector<loader::Listed> all = registry.list();
    return all;
}

const hg_descriptor& descriptor_of(const loader::Listed& listed) {
    INFO(listed.loaded.error);
    REQUIRE(listed.loaded.module != nullptr);
    return *listed.loaded.module->descriptor;
}

std::span<const hg_option* const> options_of(const hg_descriptor& descriptor) {
    return {descriptor.options, descriptor.option_count};
}

bool is_snake_case(std::string_view name) {
    return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_sentence(std::string_view text) {
    return text.size() > 3 && (text.back() == '.' || text.back() == ')') &&
           text.find('\n') == std::string_view::npos;
}

template <class Settings>
void add_names(std::set<std::string, std::less<>>& names) {
    for (const hg_option* option : OptionTable<Settings>::instance().options()) {
        names.emplace(view(option->name));
    }
}

/// What every node of that kind has, whatever its plugin.
std::set<std::string, std::less<>> common_names(std::int32_t kind) {
    std::set<std::string, std::less<>> names;
    switch (kind) {
        case HG_KIND_INPUT:
            add_names<runtime::InputSettings>(names);
            break;
        case HG_KIND_PROCESSOR:
            add_names<runtime::ProcessorSettings>(names);
            break;
        default:
            add_names<runtime::OutputSettings>(names);
            break;
    }
    for (const std::string_view key : graph::structural_keys()) {
        names.emplace(key);
    }
    return names;
}

/// The options as a config gives them that writes only what is required, by its example.
config::OptionValues least_values(const hg_descriptor& descriptor) {
    std::string text;
    for (const hg_option* option : options_of(descriptor)) {
        if ((option->flags & HG_OPTION_REQUIRED) != 0) {
            INFO(view(option->name));
            REQUIRE(option->example.size != 0);
            text.append(view(option->name)).append(" = ").append(view(option->example)).append("\n");
        }
    }
    config::Problems problems;
    const auto document = config::parse_toml(text, "least.toml", problems);
    REQUIRE(document);
    const std::array<std::span<const hg_option* const>, 1> sets{options_of(descriptor)};
    auto values = config::read_options(document->root, sets, {}, "node", problems);
    INFO(problems.to_text());
    REQUIRE(problems.empty());
    return std::move(values.front());
}

/// One instance behind the door, without any of the host's help.
class Bare {
public:
    Bare(const hg_descriptor& descriptor, const RecordingHost& host) {
        hg_error error{};
        error.size = sizeof(error);
        const std::int32_t status = descriptor.create(&host.door(), &plugin_, &error);
        INFO(std::string(error.text, error.text_size));
        REQUIRE(status == HG_OK);
        REQUIRE(plugin_ != nullptr);
    }
    Bare(const Bare&) = delete;
    Bare& operator=(const Bare&) = delete;
    ~Bare() { plugin_->destroy(plugin_); }

    void configure(const config::OptionValues& values) {
        hg_error error{};
        error.size = sizeof(error);
        const std::int32_t status =
            plugin_->configure(plugin_, values.values().data(), values.values().size(), &error);
        INFO(std::string(error.text, error.text_size));
        CHECK(status == HG_OK);
    }
    std::int32_t check() {
        hg_problems problems{sizeof(hg_problems), [](hg_problems*, hg_text, hg_text, hg_text, hg_text) {}};
        hg_error error{};
        error.size = sizeof(error);
        return plugin_->check(plugin_, &problems, &error);
    }
    [[nodiscard]] hg_plugin& door() noexcept { return *plugin_; }

private:
    hg_plugin* plugin_ = nullptr;
};

/// Runs a check for every module, each in a section of its own.
template <class Check>
void for_each_module(Check check) {
    for (const loader::Listed& listed : modules()) {
        DYNAMIC_SECTION(listed.path.string()) {
            check(descriptor_of(listed));
        }
    }
}

TEST_CASE("Every plugin of the build is found and loads", "[conformance]") {
    CHECK(modules().size() == HELIOGRAPH_PLUGIN_COUNT);
    for_each_module([](const hg_descriptor& descriptor) { CHECK(descriptor.create != nullptr); });
}

TEST_CASE("A descriptor is complete", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        CHECK(descriptor.abi_major == HG_ABI_MAJOR);
        CHECK(is_snake_case(view(descriptor.type)));
        CHECK(is_sentence(view(descriptor.summary)));
        CHECK_FALSE(view(descriptor.version).empty());
        CHECK((descriptor.declaration_count == 0 || descriptor.kind == HG_KIND_INPUT));
        const auto allowed = descriptor.kind == HG_KIND_INPUT ? HG_ABILITY_RUNS
                             : descriptor.kind == HG_KIND_PROCESSOR
                                 ? HG_ABILITY_PURE | HG_ABILITY_TICK
                                 : HG_ABILITY_IDEMPOTENT | HG_ABILITY_PARTIAL;
        CHECK((descriptor.abilities & ~static_cast<std::uint64_t>(allowed)) == 0);
    });
}

TEST_CASE("Every option has a name of its own, a help and a default that fits", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        const auto common = common_names(descriptor.kind);
        std::set<std::string> names;
        for (const hg_option* option : options_of(descriptor)) {
            const std::string name(view(option->name));
            CAPTURE(name);
            CHECK(is_snake_case(name));
            CHECK(names.insert(name).second);
            CHECK_FALSE(common.contains(name));
            CHECK(is_sentence(view(option->help)));
            const bool has_default = (option->flags & HG_OPTION_HAS_DEFAULT) != 0;
            const bool is_required = (option->flags & HG_OPTION_REQUIRED) != 0;
            CHECK_FALSE((has_default && is_required));
            CHECK((!has_default || option->default_value.type == option->type));
            CHECK((option->type == HG_OPTION_CHOICE) == (option->choices.count != 0));
            if (option->type == HG_OPTION_SECRET) {
                CHECK((!has_default || option->default_value.value.text.size == 0));
            }
        }
    });
}

TEST_CASE("Every default can be written in a config and is read back", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        std::string text;
        for (const hg_option* option : options_of(descriptor)) {
            if ((option->flags & HG_OPTION_HAS_DEFAULT) != 0 && option->type != HG_OPTION_SECRET) {
                text.append(view(option->name)).append(" = ");
                text.append(config::option_value_text(option->default_value, *option)).append("\n");
            } else if ((option->flags & HG_OPTION_REQUIRED) != 0) {
                text.append(view(option->name)).append(" = ").append(view(option->example)).append("\n");
            }
        }
        config::Problems problems;
        const auto document = config::parse_toml(text, "defaults.toml", problems);
        REQUIRE(document);
        const std::array<std::span<const hg_option* const>, 1> sets{options_of(descriptor)};
        static_cast<void>(config::read_options(document->root, sets, {}, "node", problems));
        INFO(text << problems.to_text());
        CHECK(problems.empty());
    });
}

TEST_CASE("Every example is TOML that its option takes", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        for (const hg_option* option : options_of(descriptor)) {
            if (option->example.size == 0) {
                continue;
            }
            const std::string line =
                std::string(view(option->name)) + " = " + std::string(view(option->example));
            CAPTURE(line);
            config::Problems problems;
            const auto document = config::parse_toml(line, "example.toml", problems);
            REQUIRE(document);
            const std::array<std::span<const hg_option* const>, 1> sets{{{&option, 1}}};
            static_cast<void>(config::read_options(document->root, sets, {}, "node", problems));
            INFO(problems.to_text());
            CHECK(problems.empty());
        }
    });
}

TEST_CASE("Declarations name measurement and field and say what they mean", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        const auto* bytes = reinterpret_cast<const char*>(descriptor.declarations);
        for (std::size_t i = 0; i < descriptor.declaration_count; ++i) {
            const auto& declaration =
                *reinterpret_cast<const hg_declaration*>(bytes + i * descriptor.declaration_stride);
            CAPTURE(view(declaration.measurement), view(declaration.name));
            CHECK(is_snake_case(view(declaration.measurement)));
            CHECK(is_snake_case(view(declaration.name)));
            CHECK_FALSE(view(declaration.help).empty());
            CHECK((declaration.role == HG_ROLE_TAG || declaration.role == HG_ROLE_FIELD));
        }
    });
}

TEST_CASE("An instance may be made and freed at any point of its life", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        RecordingHost host("node", std::chrono::seconds(60));
        { const Bare made(descriptor, host); }
        {
            Bare configured(descriptor, host);
            configured.configure(least_values(descriptor));
        }
        {
            Bare checked(descriptor, host);
            checked.configure(least_values(descriptor));
            CHECK(checked.check() == HG_OK);
            CHECK(checked.check() == HG_OK);
        }
    });
}

TEST_CASE("close and interrupt are safe without open, and twice", "[conformance]") {
    const bool is_configured = GENERATE(false, true);
    for_each_module([&](const hg_descriptor& descriptor) {
        RecordingHost host("node", std::chrono::seconds(60));
        Bare plugin(descriptor, host);
        if (is_configured) {
            plugin.configure(least_values(descriptor));
        }
        plugin.door().interrupt(&plugin.door());
        plugin.door().close(&plugin.door());
        plugin.door().interrupt(&plugin.door());
        plugin.door().close(&plugin.door());
    });
}

TEST_CASE("Two instances do not meet", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        RecordingHost one_host("one", std::chrono::seconds(60));
        RecordingHost two_host("two", std::chrono::seconds(60));
        Bare two(descriptor, two_host);
        {
            Bare one(descriptor, one_host);
            CHECK(&one.door() != &two.door());
            CHECK(one.door().self != two.door().self);
            one.configure(least_values(descriptor));
            one.door().interrupt(&one.door());
            one.door().close(&one.door());
        }
        two.configure(least_values(descriptor));
        CHECK(two.check() == HG_OK);
    });
}

TEST_CASE("An extension that nobody knows is not there", "[conformance]") {
    for_each_module([](const hg_descriptor& descriptor) {
        RecordingHost host;
        Bare plugin(descriptor, host);
        if (plugin.door().get_extension != nullptr) {
            CHECK(plugin.door().get_extension(&plugin.door(), to_text("heliograph.nonesuch/9")) == nullptr);
        }
    });
}

}  // namespace
}  // namespace heliograph::conformance
