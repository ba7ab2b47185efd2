#include "outputs/sql/shape.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

using heliograph::OwnedBatch;
using heliograph::sql::Shape;

TEST_CASE("metrics have one shape when name, keys and types agree, whatever the values", "[unit][sql]") {
    OwnedBatch owned;
    auto batch = owned.batch();
    batch.add("port").tag("dtu", "a").field("power", 1.0).field("on", true);
    batch.add("port").tag("dtu", "b").field("power", 2.0).field("on", false).time(5);
    const Shape shape(batch.metrics()[0]);
    CHECK(shape.matches(batch.metrics()[1]));
    CHECK(Shape::hash(batch.metrics()[0]) == Shape::hash(batch.metrics()[1]));

    batch.add("ports").tag("dtu", "a").field("power", 1.0).field("on", true);
    batch.add("port").tag("DTU", "a").field("power", 1.0).field("on", true);
    batch.add("port").tag("dtu", "a").field("power", std::int64_t{1}).field("on", true);
    batch.add("port").tag("dtu", "a").field("powe", 1.0).field("ron", true);
    batch.add("port").tag("dtu", "a").field("power", 1.0);
    batch.add("port").field("dtu", "a").field("power", 1.0).field("on", true);
    batch.add("").tag("dtu", "a").field("power", 1.0).field("on", true);
    for (std::size_t i = 2; i < batch.size(); ++i) {
        CAPTURE(i);
        CHECK_FALSE(shape.matches(batch.metrics()[i]));
        CHECK(Shape(batch.metrics()[i]).matches(batch.metrics()[i]));
    }
}
