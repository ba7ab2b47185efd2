#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph {
namespace {

/// A metric in one line: name, tags, fields.
std::string outline(MetricView metric) {
    std::string text(metric.name());
    for (const hg_tag& tag : metric.tags()) {
        text.append(",").append(view(tag.key)).append("=").append(view(tag.value));
    }
    for (const hg_field& record : metric.fields()) {
        const FieldView field(record);
        text.append(" ").append(field.key()).append("=");
        switch (field.type()) {
            case ValueType::floating:
                text += std::to_string(field.floating());
                break;
            case ValueType::integer:
                text += std::to_string(field.integer()) + "i";
                break;
            case ValueType::unsigned_integer:
                text += std::to_string(field.unsigned_integer()) + "u";
                break;
            case ValueType::boolean:
                text += field.boolean() ? "true" : "false";
                break;
            case ValueType::text:
                text.append("'").append(field.text()).append("'");
                break;
        }
    }
    return text;
}

std::vector<std::string> outlines(const OwnedBatch& batch) {
    std::vector<std::string> all;
    for (const MetricView metric : batch.metrics()) {
        all.push_back(outline(metric));
    }
    return all;
}

TEST_CASE("A metric keeps its tags sorted by key, in whatever order they come", "[unit][sdk]") {
    struct Case {
        std::string name;
        std::vector<std::pair<std::string, std::string>> tags;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"in order", {{"a", "1"}, {"b", "2"}, {"c", "3"}}, "m,a=1,b=2,c=3"},
        {"in reverse", {{"c", "3"}, {"b", "2"}, {"a", "1"}}, "m,a=1,b=2,c=3"},
        {"one out of order, then on", {{"b", "2"}, {"a", "1"}, {"c", "3"}, {"d", "4"}}, "m,a=1,b=2,c=3,d=4"},
        {"more than announced",
         {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", "6"}, {"aa", "7"}},
         "m,a=1,aa=7,b=2,c=3,d=4,e=5,f=6"},
        {"the last value of a key counts", {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"b", "4"}}, "m,a=3,b=4"},
        {"empty values are no tags", {{"a", ""}, {"b", "2"}, {"c", ""}}, "m,b=2"},
        {"empty keys are no tags", {{"", "1"}, {"b", "2"}}, "m,b=2"},
        {"bytewise", {{"é", "1"}, {"z", "2"}, {"Z", "3"}}, "m,Z=3,z=2,é=1"},
    }));
    DYNAMIC_SECTION(c.name) {
        for (const std::size_t announced : {0U, 1U, 4U, 16U}) {
            CAPTURE(announced);
            OwnedBatch owned;
            MetricBuilder builder = owned.batch().add("m", announced, 2);
            for (const auto& [key, value] : c.tags) {
                builder.tag(std::string_view(key), value);
            }
            builder.field("v", 1).field("text", "beside");
            CHECK(outlines(owned) == std::vector{c.want + " v=1i text='beside'"});
        }
    }
}

TEST_CASE("A tag given in place must have a value too", "[unit][sdk]") {
    OwnedBatch owned;
    MetricBuilder builder = owned.batch().add("m");
    builder.tag_text("a", to_text("1")).tag_text("b", {}).field("v", true);
    Metric metric = owned.batch()[0];
    metric.set_tag_text("c", to_text("3"));
    metric.set_tag_text("a", {});
    CHECK(outlines(owned) == std::vector<std::string>{"m,c=3 v=true"});
}

TEST_CASE("Tags can be set, replaced, removed and renamed", "[unit][sdk]") {
    OwnedBatch owned;
    owned.batch().add("m").tag("a", "1").tag("c", "3").field("v", 1);
    Metric metric = owned.batch()[0];
    metric.set_tag("b", "2");
    CHECK(outline(metric) == "m,a=1,b=2,c=3 v=1i");
    metric.set_tag("b", "two");
    CHECK(outline(metric) == "m,a=1,b=two,c=3 v=1i");
    metric.set_tag("b", "");
    CHECK(outline(metric) == "m,a=1,c=3 v=1i");
    CHECK_FALSE(metric.remove_tag("b"));
    CHECK(metric.remove_tag("a"));
    CHECK(outline(metric) == "m,c=3 v=1i");
    CHECK(metric.rename_tag("c", "a"));
    CHECK(outline(metric) == "m,a=3 v=1i");
    CHECK_FALSE(metric.rename_tag("c", "d"));
    metric.set_tag("z", "26");
    CHECK(metric.rename_tag("a", "z"));
    CHECK(outline(metric) == "m,z=3 v=1i");
    CHECK(metric.rename_tag("z", "z"));
    CHECK(outline(metric) == "m,z=3 v=1i");
    metric.set_tag("y", "25");
    CHECK(metric.remove_tags_if([](const hg_tag& tag) { return view(tag.value) == "3"; }));
    CHECK(outline(metric) == "m,y=25 v=1i");
}

TEST_CASE("A metric has fields of every type", "[unit][sdk]") {
    OwnedBatch owned;
    owned.batch()
        .add("m", 0, 2)
        .field("float", 1.5)
        .field("int", std::int32_t{-2})
        .field("unsigned", std::uint64_t{UINT64_MAX})
        .field("bool", true)
        .field("text", std::string_view("t"))
        .field_text("in_place", to_text("p"))
        .field("", 1)
        .field("empty", "");
    CHECK(outlines(owned) ==
          std::vector<std::string>{"m float=1.500000 int=-2i unsigned=18446744073709551615u "
                                   "bool=true text='t' in_place='p' empty=''"});
    Metric metric = owned.batch()[0];
    metric.set_field("float", std::string_view("now text")).set_field("new", 2U).set_field("bool", 0.5);
    CHECK(metric.remove_field("int"));
    CHECK_FALSE(metric.remove_field("int"));
    CHECK(metric.remove_fields_if([](const hg_field& field) { return field.type == HG_TEXT; }));
    CHECK(outline(metric) == "m unsigned=18446744073709551615u bool=0.500000 new=2u");
}

TEST_CASE("A builder may take far more tags and fields than were announced", "[unit][sdk]") {
    OwnedBatch owned;
    std::string want = "m";
    MetricBuilder builder = owned.batch().add("m", 1, 1);
    std::string fields;
    for (int i = 100; i < 400; ++i) {
        const std::string number = std::to_string(i);
        const std::string tag = "t" + number;
        const std::string field = "f" + number;
        builder.tag(std::string_view(tag), number).field(std::string_view(field), i);
        want.append(",").append(tag).append("=").append(number);
        fields.append(" ").append(field).append("=").append(number).append("i");
    }
    CHECK(outlines(owned) == std::vector{want + fields});
}

TEST_CASE("A builder goes on safely after its metric was changed by other means", "[unit][sdk]") {
    OwnedBatch owned;
    MetricBuilder builder = owned.batch().add("m", 4, 8);
    builder.tag("b", "2").field("one", 1);
    builder.metric().set_field("two", 2).set_tag("a", "1");
    for (int i = 0; i < 6; ++i) {
        const std::string number = std::to_string(i);
        const std::string tag = "c" + number;
        const std::string field = "text" + number;
        const std::string text = "text " + number;
        builder.tag(std::string_view(tag), "value " + number)
            .field(std::string_view(field), std::string_view(text));
    }
    CHECK(outlines(owned) ==
          std::vector<std::string>{
              "m,a=1,b=2,c0=value 0,c1=value 1,c2=value 2,c3=value 3,c4=value 4,c5=value 5 "
              "one=1i two=2i text0='text 0' text1='text 1' text2='text 2' text3='text 3' "
              "text4='text 4' text5='text 5'"});
}

TEST_CASE("Metrics of one batch do not run into each other as they grow", "[unit][sdk]") {
    OwnedBatch owned;
    Batch batch = owned.batch();
    for (int i = 0; i < 20; ++i) {
        batch.add("m", 1, 1).tag("t", "x").field("f", i);
    }
    for (int round = 0; round < 5; ++round) {
        const std::string key = "f" + std::to_string(round);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch[i].set_field(std::string_view(key), i).set_tag(std::string_view(key), key);
        }
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::string u = std::to_string(i) + "u";
        CHECK(outline(batch[i]) == "m,f0=f0,f1=f1,f2=f2,f3=f3,f4=f4,t=x f=" + std::to_string(i) +
                                       "i f0=" + u + " f1=" + u + " f2=" + u + " f3=" + u + " f4=" + u);
    }
}

TEST_CASE("Names of metrics, tags and fields are copied unless they are literals", "[unit][sdk]") {
    OwnedBatch owned;
    {
        std::string name = "measured";
        std::string key = "tag_key";
        std::string value = "tag value";
        std::string field = "field_key";
        owned.batch()
            .add(std::string_view(name))
            .tag(std::string_view(key), value)
            .field(std::string_view(field), std::string_view(value));
        for (std::string* text : {&name, &key, &value, &field}) {
            text->assign(text->size(), '#');
        }
    }
    CHECK(outlines(owned) == std::vector<std::string>{"measured,tag_key=tag value field_key='tag value'"});
    owned.batch()[0].set_name("literal");
    CHECK(owned.metrics()[0].name() == "literal");
}

TEST_CASE("A metric without a time asks for that of the gather", "[unit][sdk]") {
    OwnedBatch owned;
    owned.batch().add("unset");
    owned.batch().add("set").time(5);
    CHECK(owned.metrics()[0].time() == HG_TIME_UNSET);
    CHECK(owned.metrics()[1].time() == 5);
}

TEST_CASE("A metric is looked into by key", "[unit][sdk]") {
    OwnedBatch owned;
    owned.batch().add("m").tag("t", "x").field("i", -3).field("f", 0.5).field("u", 7U).field("b", true).field(
        "s", "x");
    const MetricView metric = owned.metrics()[0];
    CHECK(metric.tag("t") == "x");
    CHECK(metric.tag("none").empty());
    CHECK_FALSE(metric.field("none"));
    CHECK(metric.field("i")->as_number() == -3.0);
    CHECK(metric.field("f")->as_number() == 0.5);
    CHECK(metric.field("u")->as_number() == 7.0);
    CHECK_FALSE(metric.field("b")->as_number());
    CHECK_FALSE(metric.field("s")->as_number());
}

TEST_CASE("A batch counts what is added, filtered, held and released", "[unit][sdk]") {
    OwnedBatch owned;
    OwnedBatch kept;
    Batch batch = owned.batch();
    for (int i = 0; i < 100; ++i) {
        batch.add("m").field("n", i).time(i);
    }
    CHECK(owned.door().added == 100);
    const auto number = [](MetricView metric) { return metric.field("n")->integer(); };

    CHECK(batch.filter_if([&](MetricView metric) { return number(metric) % 2 == 0; }) == 50);
    CHECK(batch.hold_if([&](MetricView metric) {
        if (number(metric) < 20) {
            kept.batch().add_copy(metric);
            return true;
        }
        return false;
    }) == 10);
    CHECK(batch.size() == 40);
    CHECK(batch[0].time() == 21);
    CHECK(batch[39].time() == 99);
    for (const MetricView metric : kept.metrics()) {
        batch.release_copy(metric);
    }
    CHECK(batch.size() == 50);
    CHECK(outline(batch[40]) == "m n=1i");
    CHECK(batch[49].time() == 19);
    CHECK(owned.door().added == 100);
    CHECK(owned.door().filtered == 50);
    CHECK(owned.door().held == 10);
    CHECK(owned.door().released == 10);
    owned.reset_counts();
    CHECK(owned.door().added + owned.door().filtered + owned.door().held + owned.door().released == 0);
}

TEST_CASE("A copied metric outlives the batch that it came from", "[unit][sdk]") {
    OwnedBatch copy;
    {
        OwnedBatch original;
        const std::string long_text(300, 'x');
        original.batch()
            .add(std::string_view("name of its own"))
            .tag(std::string_view("key"), long_text)
            .field("text", std::string_view(long_text))
            .field("number", 4)
            .time(77);
        copy.batch().add_copy(original.metrics()[0]);
    }
    const std::string x(300, 'x');
    CHECK(outlines(copy) == std::vector{"name of its own,key=" + x + " text='" + x + "' number=4i"});
    CHECK(copy.metrics()[0].time() == 77);
}

TEST_CASE("A batch keeps an adopted buffer until it is emptied", "[unit][sdk]") {
    struct Buffer {
        explicit Buffer(int& alive) : count(alive) { ++count; }
        ~Buffer() { --count; }
        Buffer(const Buffer&) = delete;
        Buffer& operator=(const Buffer&) = delete;
        int& count;
        std::string text = "text of a buffer";
    };
    int alive = 0;
    OwnedBatch owned;
    Batch batch = owned.batch();
    const Buffer& buffer = batch.adopt(std::make_unique<Buffer>(alive));
    batch.add("m").field_text("f", to_text(buffer.text));
    CHECK(alive == 1);
    CHECK(owned.metrics()[0].field("f")->text() == "text of a buffer");
    owned.reset();
    CHECK(alive == 0);
    CHECK(owned.size() == 0);
    batch.adopt(std::make_unique<Buffer>(alive));
    CHECK(alive == 1);
}

TEST_CASE("A batch that was emptied keeps its memory and grows no more", "[unit][sdk]") {
    OwnedBatch owned;
    const auto fill = [&] {
        for (int i = 0; i < 500; ++i) {
            owned.batch().add("m", 1, 2).tag("t", "some text").field("a", i).field("b", i);
        }
    };
    for (int round = 0; round < 3; ++round) {
        fill();
        owned.reset();
    }
    fill();
    const std::size_t warm = owned.footprint();
    owned.reset();
    fill();
    CHECK(owned.footprint() == warm);
    CHECK(owned.size() == 500);
}

TEST_CASE("A batch that cannot grow says so by an exception", "[unit][sdk]") {
    OwnedBatch owned;
    Batch batch = owned.batch();
    batch.door().reserve = [](hg_batch*, std::size_t) -> std::int32_t { return HG_OUT_OF_MEMORY; };
    CHECK_THROWS_AS(batch.add("m"), std::bad_alloc);
    CHECK(batch.size() == 0);
}

}  // namespace
}  // namespace heliograph
