#include "core/runtime/metric_filter.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

namespace heliograph::runtime {
namespace {

/// power,dtu=roof,site=home volts,watts
OwnedBatch& sample(OwnedBatch& batch) {
    batch.batch()
        .add("power")
        .tag("dtu", "roof")
        .tag("site", "home")
        .field("volts", 230.0)
        .field("watts", 400);
    return batch;
}

TEST_CASE("Metrics are chosen by name and tags", "[unit][runtime]") {
    struct Case {
        std::string name;
        std::function<void(CommonSettings&)> set;
        bool passes;
    };
    const auto c = GENERATE(values<Case>({
        {"no filter", [](CommonSettings&) {}, true},
        {"name_pass",
         [](CommonSettings& s) {
             s.name_pass = {"x", "pow*"};
         },
         true},
        {"name_pass of others", [](CommonSettings& s) { s.name_pass = {"x"}; }, false},
        {"name_drop", [](CommonSettings& s) { s.name_drop = {"power"}; }, false},
        {"name_drop of others", [](CommonSettings& s) { s.name_drop = {"x"}; }, true},
        {"drop beats pass", [](CommonSettings& s) { s.name_pass = s.name_drop = {"power"}; }, false},
        {"tag_pass",
         [](CommonSettings& s) {
             s.tag_pass = {{"dtu", "ro?f"}};
         },
         true},
        {"any tag_pass will do",
         [](CommonSettings& s) {
             s.tag_pass = {{"none", "*"}, {"site", "home"}};
         },
         true},
        {"tag_pass of another value",
         [](CommonSettings& s) {
             s.tag_pass = {{"dtu", "barn"}};
         },
         false},
        {"tag_pass of a missing tag",
         [](CommonSettings& s) {
             s.tag_pass = {{"none", "*"}};
         },
         false},
        {"tag_drop",
         [](CommonSettings& s) {
             s.tag_drop = {{"dtu", "roof"}};
         },
         false},
        {"tag_drop of a missing tag",
         [](CommonSettings& s) {
             s.tag_drop = {{"none", "*"}};
         },
         true},
    }));
    DYNAMIC_SECTION(c.name) {
        CommonSettings settings;
        c.set(settings);
        OwnedBatch batch;
        const MetricFilter filter(settings);
        CHECK(filter.passes(sample(batch).metrics()[0]) == c.passes);
        CHECK_FALSE(filter.selects_fields());
        CHECK(filter.is_open() == (c.name == "no filter"));
    }
}

TEST_CASE("Fields are chosen by name", "[unit][runtime]") {
    struct Case {
        std::string name;
        std::vector<std::string> pass;
        std::vector<std::string> drop;
        std::vector<std::string> left;
    };
    const auto c = GENERATE(values<Case>({
        {"no filter", {}, {}, {"volts", "watts"}},
        {"pass", {"w*"}, {}, {"watts"}},
        {"drop", {}, {"w*"}, {"volts"}},
        {"both", {"*"}, {"volts"}, {"watts"}},
        {"none left", {"amps"}, {}, {}},
    }));
    DYNAMIC_SECTION(c.name) {
        CommonSettings settings;
        settings.field_pass = c.pass;
        settings.field_drop = c.drop;
        const MetricFilter filter(settings);
        OwnedBatch batch;
        CHECK(filter.has_passing_field(sample(batch).metrics()[0]) == !c.left.empty());
        Metric metric = batch.batch()[0];
        CHECK(filter.filter_fields(metric) == !c.left.empty());
        std::vector<std::string> left;
        for (const hg_field& field : metric.fields()) {
            left.emplace_back(view(field.key));
        }
        CHECK(left == c.left);
        CHECK(filter.passes(metric));
    }
}

}  // namespace
}  // namespace heliograph::runtime
