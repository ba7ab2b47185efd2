// How the planner follows metrics and copes with rights, types and other agents, on a server that enforces
// types.
#include "outputs/sql/planner.hpp"

#include "plugins/testkit/recording_host.hpp"
#include "tests/unit/outputs/sql/fake_engine.hpp"

#include <heliograph/errors.hpp>
#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <deque>

using namespace heliograph;
using namespace heliograph::sql;
using namespace heliograph::sql::test;

namespace {

using Names = std::vector<std::string>;

Planner::Settings as_on_a_server(Planner::Settings settings) {
    settings.form.time_format = TimeFormat::timestamp;
    return settings;
}

struct PlannerFixture {
    explicit PlannerFixture(const Planner::Settings& with = {}) : settings(with) {}

    /// The columns of the insert for a metric, in their order.
    Names inserted(MetricBuilder metric) {
        const Plan& plan = planner.plan_for(metric.metric());
        return static_cast<FakeEngine::PreparedInsert&>(*plan.insert).columns;
    }
    MetricBuilder metric(std::string_view name = "port") { return batches.emplace_back().batch().add(name); }

    testkit::RecordingHost host;
    FakeEngine engine;
    Planner::Settings settings;
    Planner::Memory memory{TableScripts({}, Host(host.door())), {}};
    Planner planner{engine, as_on_a_server(settings), memory, Host(host.door())};
    std::deque<OwnedBatch> batches;  // of one metric each
};

Planner::Settings with(SchemaChanges changes) {
    Planner::Settings settings;
    settings.schema_changes = changes;
    return settings;
}

}  // namespace

TEST_CASE("a table is made with the time, the tags and the fields of its first metric", "[unit][sql]") {
    PlannerFixture fixture;
    auto metric = fixture.metric().tag("dtu", "roof").field("power", 1.0).field("count", 2);
    CHECK(fixture.inserted(metric) == Names{"time", "dtu", "power", "count"});
    CHECK(fixture.engine.calls == Names{"create port: time dtu power count"});
    CHECK(fixture.planner.changes().created_tables == 1);
}

TEST_CASE("a table that another agent makes at the same time gets what it lacks", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.before_change = [&] {
        fixture.engine.before_change = nullptr;
        fixture.engine.add_table("port", {fixture.engine.time(), fixture.engine.tag("site"),
                                          fixture.engine.column("power", ColumnType::floating)});
    };
    auto metric = fixture.metric().tag("dtu", "roof").field("power", 1.0).field("count", 2);
    CHECK(fixture.inserted(metric) == Names{"time", "dtu", "power", "count"});
    CHECK(fixture.engine.columns("port") == Names{"time", "site", "power", "dtu", "count"});
}

TEST_CASE("a column that another agent makes with another type is found and widened", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.add_table("port", {fixture.engine.time()});
    fixture.engine.before_change = [&] {
        fixture.engine.before_change = nullptr;
        fixture.engine.tables.at("port").columns.push_back(
            fixture.engine.column("power", ColumnType::integer));
    };
    CHECK(fixture.inserted(fixture.metric().field("power", 1.5)) == Names{"time", "power"});
    CHECK(fixture.engine.type("port", "power") == ColumnType::floating);
}

TEST_CASE("a table that is dropped as soon as it is made is made again", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.after_change = [&] {
        fixture.engine.after_change = nullptr;
        fixture.engine.tables.clear();
    };
    CHECK(fixture.inserted(fixture.metric().field("power", 1.5)) == Names{"time", "power"});
}

TEST_CASE("a table that others change for ever is given up for now, and no metric is refused",
          "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.after_change = [&] { fixture.engine.tables.clear(); };
    CHECK_THROWS_AS(fixture.inserted(fixture.metric().field("power", 1.5)), Retry);
    fixture.engine.after_change = nullptr;
    CHECK(fixture.inserted(fixture.metric().field("power", 1.5)) == Names{"time", "power"});
}

TEST_CASE("each type of value finds a column that holds it", "[unit][sql]") {
    struct Case {
        ColumnType column;
        ColumnType value;
        std::string inserted;  // a pattern
        ColumnType after;
    };
    using enum ColumnType;
    const auto c = GENERATE(values<Case>({
        {floating, integer, "f", floating},
        {floating, unsigned_integer, "f", floating},
        {floating, boolean, "f", floating},
        {floating, text, "f_[0-9a-f]{8}", floating},
        {integer, floating, "f", floating},
        {integer, unsigned_integer, "f", integer},
        {integer, boolean, "f", integer},
        {integer, text, "f_[0-9a-f]{8}", integer},
        {unsigned_integer, floating, "f", floating},
        {unsigned_integer, integer, "f", unsigned_integer},
        {boolean, floating, "f_float_[0-9a-f]{8}", boolean},
        {boolean, integer, "f_integer_[0-9a-f]{8}", boolean},
        {boolean, unsigned_integer, "f_integer_[0-9a-f]{8}", boolean},
        {text, floating, "f", text},
        {text, integer, "f", text},
        {text, boolean, "f", text},
        {timestamp, floating, "f_float_[0-9a-f]{8}", timestamp},
        {timestamp, boolean, "f_boolean_[0-9a-f]{8}", timestamp},
        {json, text, "f_[0-9a-f]{8}", json},
        {json, integer, "f_integer_[0-9a-f]{8}", json},
    }));
    CAPTURE(c.column, c.value);
    PlannerFixture fixture;
    fixture.engine.add_table("port", {fixture.engine.time(), fixture.engine.column("f", c.column)});
    auto metric = fixture.metric();
    switch (c.value) {
        case floating:
            metric.field("f", 1.5);
            break;
        case integer:
            metric.field("f", -1);
            break;
        case unsigned_integer:
            metric.field("f", std::uint64_t{1});
            break;
        case boolean:
            metric.field("f", true);
            break;
        default:
            metric.field("f", "x");
            break;
    }
    CHECK_THAT(fixture.inserted(metric).at(1), Catch::Matches(c.inserted));
    CHECK(fixture.engine.type("port", "f") == c.after);
    CHECK(fixture.planner.changes().widened_columns == (c.after == c.column ? 0 : 1));
}

TEST_CASE("a column that cannot be widened is left alone, and fractions go to one beside it", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.widen_refusal = GENERATE(FakeEngine::Refusal::row, FakeEngine::Refusal::right);
    fixture.engine.add_table("port",
                             {fixture.engine.time(), fixture.engine.column("power", ColumnType::integer)});
    const Names columns = fixture.inserted(fixture.metric().field("power", 1.5));
    CHECK_THAT(columns.at(1), Catch::Matches("power_float_[0-9a-f]{8}"));
    CHECK(fixture.inserted(fixture.metric().field("power", 1)) == Names{"time", "power"});
    CHECK(fixture.inserted(fixture.metric().field("power", 1.5).field("x", 1)).at(1) == columns.at(1));
    CHECK(std::count(fixture.engine.calls.begin(), fixture.engine.calls.end(), "widen port: power") == 1);
    CHECK(fixture.host.logged(LogLevel::warning, "\"power\" of table \"port\" cannot be widened"));
    fixture.planner.forget();
    CHECK(fixture.inserted(fixture.metric().field("power", 1.5)) == columns);
}

TEST_CASE("a column of integers is widened for an unsigned value, once", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.add_table("port", {fixture.engine.time(), fixture.engine.column("a", ColumnType::integer),
                                      fixture.engine.column("b", ColumnType::integer)});
    auto metric = fixture.metric().field("a", std::uint64_t{1}).field("b", std::uint64_t{2});
    CHECK(fixture.planner.widen_for_unsigned(metric.metric(), 1));
    CHECK(fixture.engine.type("port", "a") == ColumnType::integer);
    CHECK(fixture.engine.type("port", "b") == ColumnType::unsigned_integer);
    CHECK(fixture.planner.plan_for(metric.metric()).fields.at(1).type == ColumnType::unsigned_integer);
    CHECK_FALSE(fixture.planner.widen_for_unsigned(metric.metric(), 1));
    fixture.engine.widen_refusal = FakeEngine::Refusal::row;
    CHECK_FALSE(fixture.planner.widen_for_unsigned(metric.metric(), 0));
}

TEST_CASE("a missing right to make a table costs no metric and says what to do", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.create_refusal = FakeEngine::Refusal::right;
    auto metric = fixture.metric().tag("dtu", "roof").field("power", 1.0);
    try {
        (void)fixture.planner.plan_for(metric.metric());
        FAIL("the table was made");
    } catch (const Fatal& error) {
        CHECK_THAT(error.what(),
                   Catch::Contains("permission denied") &&
                       Catch::Contains("grant this user the right to create tables") &&
                       Catch::Contains("table \"port\"") &&
                       Catch::Contains("\"time\" (timestamp), \"dtu\" (text), \"power\" (float)"));
    }
    fixture.engine.create_refusal = FakeEngine::Refusal::none;
    CHECK(fixture.inserted(metric) == Names{"time", "dtu", "power"});
}

TEST_CASE("a missing right to add columns leaves fields out, but no tag", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.add_table("port",
                             {fixture.engine.time(), fixture.engine.column("power", ColumnType::floating)});
    fixture.engine.add_refusal = FakeEngine::Refusal::right;
    auto metric = fixture.metric().field("power", 1.0).field("volt", 2.0).field("amp", 3.0);
    CHECK(fixture.inserted(metric) == Names{"time", "power"});
    const Plan& plan = fixture.planner.plan_for(metric.metric());
    CHECK(plan.left_out == 2);
    CHECK_FALSE(plan.fields.at(0).is_left_out);
    CHECK(plan.fields.at(1).is_left_out);
    CHECK(fixture.host.logged(LogLevel::warning, "table \"port\" has no column \"volt\" (float)"));
    CHECK(fixture.host.logged(LogLevel::warning, "permission denied"));
    CHECK(fixture.planner.is_limited());
    const std::size_t lines = fixture.host.log().size();

    CHECK_THROWS_AS(fixture.inserted(fixture.metric().tag("dtu", "roof").field("power", 1.0)), Fatal);
    CHECK_THROWS_AS(fixture.inserted(fixture.metric().field("volt", 1.0)), Fatal);

    fixture.planner.forget();
    CHECK_FALSE(fixture.planner.is_limited());
    CHECK(fixture.inserted(metric) == Names{"time", "power"});
    CHECK(fixture.host.log().size() == lines);  // said once
    fixture.engine.add_refusal = FakeEngine::Refusal::none;
    fixture.planner.forget();
    CHECK(fixture.inserted(metric) == Names{"time", "power", "volt", "amp"});
}

TEST_CASE("schema_changes decides what may be made", "[unit][sql]") {
    const auto reason = [](PlannerFixture& fixture, MetricBuilder metric) -> std::string {
        try {
            (void)fixture.planner.plan_for(metric.metric());
            return "";
        } catch (const RowError& error) {
            return error.what();
        }
    };
    const auto changes = GENERATE(SchemaChanges::none, SchemaChanges::alter);
    PlannerFixture fixture(with(changes));
    fixture.engine.add_table("port",
                             {fixture.engine.time(), fixture.engine.column("power", ColumnType::integer)});

    CHECK_THAT(reason(fixture, fixture.metric("other").field("power", 1)),
               Catch::Contains("there is no table \"other\"") && Catch::Contains("schema_changes") &&
                   Catch::Contains("\"time\" (timestamp), \"power\" (integer)"));
    auto new_field = fixture.metric().field("power", 1).field("volt", 2.0);
    auto new_tag = fixture.metric().tag("dtu", "roof").field("power", 1);
    auto fraction = fixture.metric().field("power", 1.5);
    if (changes == SchemaChanges::alter) {
        CHECK(fixture.inserted(new_field) == Names{"time", "power", "volt"});
        CHECK(fixture.inserted(new_tag) == Names{"time", "dtu", "power"});
        CHECK(fixture.inserted(fraction) == Names{"time", "power"});
        CHECK(fixture.engine.type("port", "power") == ColumnType::floating);
    } else {
        CHECK(fixture.inserted(new_field) == Names{"time", "power"});
        CHECK_THAT(reason(fixture, new_tag),
                   Catch::Contains("no column for a tag") && Catch::Contains("\"dtu\" (text)"));
        CHECK_THAT(reason(fixture, fraction), Catch::Contains("a column for none of the fields"));
        CHECK_FALSE(fixture.planner.widen_for_unsigned(fixture.metric().field("power", 1).metric(), 0));
        CHECK(fixture.engine.calls.empty());
    }
}

TEST_CASE("a shape that has no place is remembered until the planner forgets", "[unit][sql]") {
    PlannerFixture fixture(with(SchemaChanges::none));
    auto metric = fixture.metric().field("power", 1);
    CHECK_THROWS_AS(fixture.inserted(metric), RowError);
    const int reads = fixture.engine.reads;
    CHECK_THROWS_AS(fixture.inserted(metric), RowError);
    CHECK(fixture.engine.reads == reads);
    CHECK(fixture.planner.is_limited());
    fixture.engine.add_table("port",
                             {fixture.engine.time(), fixture.engine.column("power", ColumnType::integer)});
    fixture.planner.forget();
    CHECK(fixture.inserted(metric) == Names{"time", "power"});
}

TEST_CASE("with the layout jsonb all tags are one column of the key", "[unit][sql]") {
    Planner::Settings settings;
    settings.form.layout = Layout::jsonb;
    PlannerFixture fixture(settings);
    CHECK(fixture.inserted(fixture.metric().tag("dtu", "roof").field("power", 1.0)) ==
          Names{"time", "tags", "power"});
    CHECK(fixture.inserted(fixture.metric().tag("site", "x").field("power", 1.0)) ==
          Names{"time", "tags", "power"});
    CHECK(fixture.engine.type("port", "tags") == ColumnType::json);
    CHECK(fixture.engine.tables.at("port").columns.at(1).role == Column::Role::tag);
    const Names columns = fixture.inserted(fixture.metric().field("tags", 1.0));
    CHECK_THAT(columns.at(2), Catch::Matches("tags_[0-9a-f]{8}"));
}

TEST_CASE("a table of another form is fatal, and says which option to set", "[unit][sql]") {
    struct Case {
        OnConflict on_conflict;
        Layout layout;
        Key key;
        bool has_json;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {OnConflict::append, Layout::columns, Key::unique, false,
         "set on_conflict to \"merge\" or \"ignore\""},
        {OnConflict::merge, Layout::columns, Key::none, false, "set on_conflict = \"append\""},
        {OnConflict::ignore, Layout::columns, Key::none, false, "set on_conflict = \"append\""},
        {OnConflict::merge, Layout::jsonb, Key::unique, false, "was made with layout = \"columns\""},
        {OnConflict::merge, Layout::columns, Key::unique, true, "was made with layout = \"jsonb\""},
    }));
    CAPTURE(c.message);
    Planner::Settings settings;
    settings.form.layout = c.layout;
    settings.form.on_conflict = c.on_conflict;
    PlannerFixture fixture(settings);
    Table& table = fixture.engine.add_table("port", {fixture.engine.time()}, c.key);
    if (c.has_json) {
        table.columns.push_back(fixture.engine.column("tags", ColumnType::json, Column::Role::tag));
    }
    try {
        (void)fixture.planner.plan_for(fixture.metric().field("power", 1.0).metric());
        FAIL("the table was taken");
    } catch (const Fatal& error) {
        CHECK_THAT(error.what(), Catch::Contains(c.message) && Catch::Contains("table_prefix"));
    }
}

TEST_CASE("on_conflict append makes tables without a key", "[unit][sql]") {
    Planner::Settings settings;
    settings.form.on_conflict = OnConflict::append;
    PlannerFixture fixture(settings);
    CHECK(fixture.inserted(fixture.metric().field("power", 1.0)) == Names{"time", "power"});
    CHECK(fixture.engine.calls == Names{"create port: time power without key"});
}

TEST_CASE("columns that may be the same to the engine get names of their own, once", "[unit][sql]") {
    PlannerFixture fixture;
    fixture.engine.rules.case_sensitive = false;
    fixture.engine.rules.ignores_accents = true;
    auto metric = fixture.metric().field("\u00e4", 1).field("\u00f6", 2).field("a", 3).field("A", 4);
    const Names columns = fixture.inserted(metric);
    CHECK(columns.at(1) == "\u00e4");
    CHECK_THAT(columns.at(2), Catch::Matches("\u00f6_[0-9a-f]{8}"));
    CHECK_THAT(columns.at(3), Catch::Matches("a_[0-9a-f]{8}"));
    CHECK_THAT(columns.at(4), Catch::Matches("A_[0-9a-f]{8}"));
    fixture.planner.forget();
    CHECK(fixture.inserted(metric) == columns);
    CHECK(fixture.engine.calls.size() == 1);
}

TEST_CASE("columns that the engine keeps for itself get other names", "[unit][sql]") {
    static constexpr auto kSystem = std::to_array<std::string_view>({"ctid", "xmin"});
    PlannerFixture fixture;
    fixture.engine.rules.reserved_column_names = kSystem;
    const Names columns = fixture.inserted(fixture.metric().tag("ctid", "x").field("xmin", 1));
    CHECK_THAT(columns.at(1), Catch::Matches("_ctid_[0-9a-f]{8}"));
    CHECK_THAT(columns.at(2), Catch::Matches("_xmin_[0-9a-f]{8}"));
}
