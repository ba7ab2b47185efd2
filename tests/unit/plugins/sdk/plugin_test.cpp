#include "plugins/testkit/plugin_under_test.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace heliograph {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;

/// What the fakes throw, chosen by an option so that every instance has its own.
struct Options {
    std::string fail;

    static constexpr auto describe = options(option<&Options::fail>("fail", "What to throw, and where."));
};

void perhaps_throw(const Options& options, std::string_view where) {
    if (options.fail == "int in " + std::string(where)) {
        throw 42;
    }
    if (options.fail == "retry in " + std::string(where)) {
        throw Retry("later", std::chrono::seconds(3));
    }
}

class FakeInput final : public Input<Options> {
public:
    static constexpr bool kRuns = true;
    static constexpr auto kDeclarations =
        std::to_array<hg_declaration>({declare_tag("roof", "site", "Where."),
                                       declare_field("roof", "power", ValueType::floating, "W", "Power.")});
    void check(Problems& problems) override {
        perhaps_throw(options(), "check");
        problems.report("fail", "is odd", "leave it out");
        problems.report_at("fail", "k", "is odder");
    }
    void open() override { perhaps_throw(options(), "open"); }
    void gather(Accumulator& accumulator) override {
        accumulator.add("before").field("v", 1);
        accumulator.flush();
        accumulator.add("after").field("v", 2);
        perhaps_throw(options(), "gather");
    }
};

class FakeProcessor final : public Processor<Options> {
public:
    static constexpr bool kPure = true;
    static constexpr bool kTick = true;
    void process(Batch& batch) override {
        batch.add("added").field("v", 1);
        perhaps_throw(options(), "process");
    }
    void flush(Batch& batch, bool final) override {
        batch.add(std::string_view(final ? "final" : "tick")).field("v", 1);
        perhaps_throw(options(), "flush");
    }
    void each_declaration(const std::function<void(const Declaration&)>& receive) {
        receive({"roof", "power", true, HG_FLOAT, "kW", "Power."});
    }
};

class FakeOutput final : public Output<Options> {
public:
    static constexpr bool kIdempotent = true;
    static constexpr bool kPartial = true;
    FakeOutput() { ++alive; }
    ~FakeOutput() override { --alive; }
    void write(const MetricSpan& metrics, Verdict& verdict) override {
        verdict.reject(0, "no good");
        verdict.keep(metrics.size() - 1, "not now");
        perhaps_throw(options(), "write");
    }
    static inline int alive = 0;
};

class ThrowsWhenMade final : public Output<NoOptions> {
public:
    ThrowsWhenMade() { throw 42; }
    void write(const MetricSpan&, Verdict&) override {}
};

const hg_descriptor& input() {
    return descriptor<FakeInput>("fake_input", "Gathers.");
}
const hg_descriptor& processor() {
    return descriptor<FakeProcessor>("fake_processor", "Processes.", "2.1.0");
}
const hg_descriptor& output() {
    return descriptor<FakeOutput>("fake_output", "Writes.");
}

TEST_CASE("A descriptor says kind, abilities, options and declarations of its class", "[unit][sdk]") {
    CHECK(input().kind == HG_KIND_INPUT);
    CHECK(input().abilities == HG_ABILITY_RUNS);
    CHECK(input().size == sizeof(hg_descriptor));
    CHECK(input().abi_major == HG_ABI_MAJOR);
    CHECK(input().abi_minor == HG_ABI_MINOR);
    CHECK(view(input().type) == "fake_input");
    CHECK(view(input().version) == "1.0.0");
    CHECK(input().option_count == 1);
    REQUIRE(input().declaration_count == 2);
    CHECK(input().declaration_stride == sizeof(hg_declaration));
    CHECK(Declaration::from(input().declarations[1]).unit == "W");
    CHECK_FALSE(Declaration::from(input().declarations[0]).is_field);

    CHECK(processor().kind == HG_KIND_PROCESSOR);
    CHECK(processor().abilities == (HG_ABILITY_PURE | HG_ABILITY_TICK));
    CHECK(view(processor().version) == "2.1.0");
    CHECK(output().kind == HG_KIND_OUTPUT);
    CHECK(output().abilities == (HG_ABILITY_IDEMPOTENT | HG_ABILITY_PARTIAL));
    CHECK(output().declaration_count == 0);
}

TEST_CASE("An instance has the calls of its kind and no others", "[unit][sdk]") {
    RecordingHost host;
    PluginUnderTest in(input(), host);
    PluginUnderTest mid(processor(), host);
    PluginUnderTest out(output(), host);
    CHECK(in.door().gather != nullptr);
    CHECK(in.door().process == nullptr);
    CHECK(in.door().write == nullptr);
    CHECK(mid.door().process != nullptr);
    CHECK(mid.door().flush != nullptr);
    CHECK(mid.door().gather == nullptr);
    CHECK(out.door().write != nullptr);
    CHECK(out.door().flush == nullptr);
}

TEST_CASE("No exception crosses the door, whatever is thrown and wherever", "[unit][sdk]") {
    RecordingHost host;
    const std::string where = GENERATE("check", "open", "gather", "process", "flush", "write");
    const auto call = [&](const std::string& what) -> testkit::Outcome {
        const testkit::Settings settings{{"fail", what + " in " + where}};
        OwnedBatch batch;
        if (where == "process" || where == "flush") {
            PluginUnderTest plugin(processor(), host, settings);
            return where == "process" ? plugin.process(batch) : plugin.flush(batch, false);
        }
        if (where == "write") {
            batch.batch().add("m").field("v", 1);
            PluginUnderTest plugin(output(), host, settings);
            return plugin.write(batch.metrics());
        }
        PluginUnderTest plugin(input(), host, settings);
        if (where == "check") {
            hg_problems problems{sizeof(hg_problems),
                                 [](hg_problems*, hg_text, hg_text, hg_text, hg_text) {}};
            hg_error error{};
            error.size = sizeof(error);
            testkit::Outcome outcome;
            outcome.status = plugin.door().check(&plugin.door(), &problems, &error);
            outcome.error.assign(error.text, error.text_size);
            outcome.retry_after = std::chrono::nanoseconds(error.retry_after);
            return outcome;
        }
        return where == "open" ? plugin.open() : plugin.gather(batch);
    };
    DYNAMIC_SECTION("an int in " << where) {
        const testkit::Outcome outcome = call("int");
        CHECK(outcome.status == HG_FATAL);
        CHECK(outcome.error == "the plugin threw something that is not a std::exception");
    }
    DYNAMIC_SECTION("Retry in " << where) {
        const testkit::Outcome outcome = call("retry");
        CHECK(outcome.status == HG_RETRY);
        CHECK(outcome.error == "later");
        CHECK(outcome.retry_after == std::chrono::seconds(3));
    }
}

TEST_CASE("A constructor that throws is an error of create and leaves nothing behind", "[unit][sdk]") {
    RecordingHost host;
    hg_plugin* made = nullptr;
    hg_error error{};
    error.size = sizeof(error);
    CHECK(descriptor<ThrowsWhenMade>("thrower", "Throws.").create(&host.door(), &made, &error) == HG_FATAL);
    CHECK(made == nullptr);
    CHECK(error.text_size != 0);
}

TEST_CASE("What was appended before an exception stays in the batch", "[unit][sdk]") {
    RecordingHost host;
    PluginUnderTest plugin(input(), host, {{"fail", std::string("int in gather")}});
    OwnedBatch batch;
    CHECK_FALSE(plugin.gather(batch).ok());
    REQUIRE(batch.size() == 2);
    CHECK(batch.metrics()[0].name() == "before");
    CHECK(batch.metrics()[1].name() == "after");
}

TEST_CASE("A verdict names metrics that are rejected or kept", "[unit][sdk]") {
    RecordingHost host;
    OwnedBatch batch;
    for (int i = 0; i < 3; ++i) {
        batch.batch().add("m").field("v", i);
    }
    PluginUnderTest plugin(output(), host);
    const auto outcome = plugin.write(batch.metrics());
    CHECK(outcome.ok());
    CHECK(outcome.rejected == std::map<std::size_t, std::string>{{0, "no good"}});
    CHECK(outcome.kept == std::map<std::size_t, std::string>{{2, "not now"}});
}

TEST_CASE("check reports option, key, message and hint", "[unit][sdk]") {
    RecordingHost host;
    PluginUnderTest plugin(input(), host);
    const auto problems = plugin.check();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].option == "fail");
    CHECK(problems[0].key.empty());
    CHECK(problems[0].message == "is odd");
    CHECK(problems[0].hint == "leave it out");
    CHECK(problems[1].key == "k");
    CHECK(problems[1].hint.empty());
}

TEST_CASE("A processor that changes units offers the extension for it, and others do not", "[unit][sdk]") {
    RecordingHost host;
    PluginUnderTest mid(processor(), host);
    PluginUnderTest in(input(), host);
    CHECK(in.door().get_extension(&in.door(), to_text(HG_EXTENSION_DECLARE)) == nullptr);
    CHECK(mid.door().get_extension(&mid.door(), to_text("heliograph.other/1")) == nullptr);
    const auto* declare =
        static_cast<const hg_declare*>(mid.door().get_extension(&mid.door(), to_text(HG_EXTENSION_DECLARE)));
    REQUIRE(declare != nullptr);
    std::vector<std::string> units;
    declare->each(&mid.door(), &units, [](void* context, const hg_declaration* declaration) {
        static_cast<std::vector<std::string>*>(context)->emplace_back(view(declaration->unit));
    });
    CHECK(units == std::vector<std::string>{"kW"});
}

TEST_CASE("flush tells a tick from the end", "[unit][sdk]") {
    RecordingHost host;
    PluginUnderTest plugin(processor(), host);
    OwnedBatch batch;
    CHECK(plugin.flush(batch, false).ok());
    CHECK(plugin.flush(batch, true).ok());
    REQUIRE(batch.size() == 2);
    CHECK(batch.metrics()[0].name() == "tick");
    CHECK(batch.metrics()[1].name() == "final");
}

TEST_CASE("destroy frees the instance, whatever state it is in", "[unit][sdk]") {
    RecordingHost host;
    {
        PluginUnderTest never_opened(output(), host);
        PluginUnderTest opened(output(), host);
        static_cast<void>(opened.open());
        never_opened.close();
        never_opened.close();
        never_opened.interrupt();
        CHECK(FakeOutput::alive == 2);
    }
    CHECK(FakeOutput::alive == 0);
}

TEST_CASE("The host's services reach a plugin", "[unit][sdk]") {
    RecordingHost door("roof", std::chrono::seconds(60));
    const Host host(door.door());
    CHECK(host.node_name() == "roof");
    CHECK(host.interval() == std::chrono::seconds(60));
    host.warning("careful");
    CHECK(door.logged(LogLevel::warning, "careful"));
    host.count("polls");
    host.count("polls", 2);
    CHECK(door.counter("polls") == 3);
    const std::int64_t before = host.now();
    door.advance(std::chrono::seconds(1));
    CHECK(host.now() - before == 1'000'000'000);
    CHECK_FALSE(host.load_state("key"));
    host.store_state("key", "value");
    CHECK(host.load_state("key") == "value");
    door.fail_stores(true);
    CHECK_THROWS_AS(host.store_state("key", "other"), Retry);
    door.upstream = {{"roof", "power", true, HG_FLOAT, "W", "Power."}};
    int seen = 0;
    host.each_declaration([&](const Declaration& declaration) { seen += declaration.unit == "W" ? 1 : 0; });
    CHECK(seen == 1);
}

}  // namespace
}  // namespace heliograph
