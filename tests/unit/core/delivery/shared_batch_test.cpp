#include "core/delivery/shared_batch.hpp"

#include "tests/unit/core/delivery/numbered.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace heliograph::delivery {
namespace {

TEST_CASE("A sole holder changes its batch in place", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    BatchRef batch = numbered(*pool, 0, 3);
    const hg_metric* before = batch.metrics().records().data();
    CHECK(batch.is_sole_holder());
    make_exclusive(batch, *pool);
    CHECK(batch.metrics().records().data() == before);
}

TEST_CASE("A change by one holder is not seen by another", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    BatchRef one = numbered(*pool, 0, 3);
    BatchRef two = one;
    CHECK_FALSE(one.is_sole_holder());
    make_exclusive(one, *pool);
    CHECK(one.is_sole_holder());
    Batch changed = one.exclusive().batch();
    changed[0].set_name("changed").set_tag("t", "changed").set_tag("new", "tag").set_time(9);
    changed[0].set_field("n", 100).set_field("more", true);
    changed[1].remove_field("n");
    changed.filter_if([](MetricView metric) { return metric.tag("t") == "2"; });
    changed.add("added");

    REQUIRE(two.size() == 3);
    CHECK(numbers_of(two.metrics()) == range(0, 2));
    for (std::size_t i = 0; i < 3; ++i) {
        const MetricView metric = two.metrics()[i];
        CHECK(metric.name() == "m");
        CHECK(metric.tags().size() == 1);
        CHECK(metric.tag("t") == std::to_string(i));
        CHECK(metric.fields().size() == 1);
        CHECK(metric.time() == HG_TIME_UNSET);
    }
    CHECK(one.metrics()[0].name() == "changed");
    CHECK(one.metrics()[0].fields().size() == 2);
}

TEST_CASE("Text of a copy stays valid when the original is gone from everywhere else", "[unit][delivery]") {
    auto pool = BatchPool::make();
    BatchRef copy;
    {
        const auto other_pool = BatchPool::make();
        BatchRef original = other_pool->acquire();
        auto buffer =
            std::make_unique<std::string>("text of an adopted buffer that is long enough not to be inline");
        Batch batch = original.exclusive().batch();
        const std::string& text = batch.adopt(std::move(buffer));
        batch.add("m").tag("t", std::string(200, 'x')).field_text("f", to_text(text)).field("n", 1);
        copy = original;
        make_exclusive(copy, *pool);
        CHECK(original.is_sole_holder() == false);  // the copy keeps it alive
        original = {};
    }
    pool.reset();
    CHECK(copy.metrics()[0].tag("t") == std::string(200, 'x'));
    CHECK(copy.metrics()[0].field("f")->text() ==
          "text of an adopted buffer that is long enough not to be inline");
}

TEST_CASE("A selection has the chosen metrics and leaves the original alone", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    BatchRef batch = numbered(*pool, 0, 6);
    BatchRef chosen = select(batch, {true, false, false, true, false, true}, *pool);
    CHECK(numbers_of(chosen.metrics()) == std::vector<int>{0, 3, 5});
    chosen.exclusive().batch()[0].set_field("n", 50).set_tag("t", "else");
    CHECK(numbers_of(batch.metrics()) == range(0, 5));
    CHECK(batch.metrics()[0].tag("t") == "0");
    CHECK(select(batch, std::vector<bool>(6), *pool).size() == 0);
    batch = {};
    CHECK(chosen.metrics()[2].tag("t") == "5");
}

TEST_CASE("A batch counts the memory of those that it keeps alive", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    BatchRef batch = numbered(*pool, 0, 2000);
    const std::size_t whole = batch.footprint();
    std::vector<bool> one(2000);
    one[7] = true;
    BatchRef chosen = select(batch, one, *pool);
    CHECK(chosen.footprint() > whole);
    BatchRef chosen_again = select(chosen, {true}, *pool);
    CHECK(chosen_again.footprint() > chosen.footprint());
    batch = {};
    chosen = {};
    CHECK(chosen_again.footprint() > whole);
    CHECK(number_of(chosen_again.metrics()[0]) == 7);
    chosen_again = {};
    CHECK(pool->acquire().footprint() <= whole);
}

TEST_CASE("A released batch is empty when it is used again and keeps its memory", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    BatchRef batch = numbered(*pool, 0, 100);
    const std::size_t footprint = batch.footprint();
    const hg_metric* records = batch.metrics().records().data();
    batch = {};
    BatchRef again = pool->acquire();
    CHECK(again.size() == 0);
    CHECK(again.metrics().records().data() == records);
    CHECK(again.exclusive().door().added == 0);
    static_cast<void>(footprint);
    BatchRef another = pool->acquire();
    CHECK(another.footprint() == 0);
}

TEST_CASE("A pool keeps a few batches, none of them large", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    {
        std::vector<BatchRef> many;
        for (std::size_t i = 0; i < 3 * BatchPool::kKept; ++i) {
            many.push_back(numbered(*pool, 0, 10));
        }
    }
    std::vector<BatchRef> reused;
    std::size_t warm = 0;
    for (std::size_t i = 0; i < 3 * BatchPool::kKept; ++i) {
        reused.push_back(pool->acquire());
        warm += reused.back().footprint() != 0 ? 1U : 0U;
    }
    CHECK(warm == BatchPool::kKept);

    const auto fresh_pool = BatchPool::make();
    BatchRef large = fresh_pool->acquire();
    large.exclusive().batch().add("m").field("f",
                                             std::string_view(std::string(BatchPool::kLargestKept, 'x')));
    large = {};
    CHECK(fresh_pool->acquire().footprint() == 0);
}

TEST_CASE("A batch may outlive its pool's other holders", "[unit][delivery]") {
    auto pool = BatchPool::make();
    BatchRef batch = numbered(*pool, 0, 3);
    pool.reset();
    BatchRef second = batch;
    batch = {};
    CHECK(numbers_of(second.metrics()) == range(0, 2));
}

TEST_CASE("Moving and assigning a reference keeps the count of holders right", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    BatchRef one = numbered(*pool, 0, 1);
    BatchRef moved = std::move(one);
    CHECK_FALSE(static_cast<bool>(one));  // NOLINT(bugprone-use-after-move): moved-from is empty
    CHECK(moved.is_sole_holder());
    BatchRef two = moved;
    two = two;  // NOLINT(clang-diagnostic-self-assign-overloaded)
    CHECK_FALSE(moved.is_sole_holder());
    two = numbered(*pool, 5, 1);
    CHECK(moved.is_sole_holder());
    BatchRef raw = BatchRef::adopt_raw(moved.release_raw());
    CHECK_FALSE(static_cast<bool>(moved));
    CHECK(raw.is_sole_holder());
}

TEST_CASE("Holders on several threads share, copy and release safely", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    std::vector<std::thread> threads;
    for (int round = 0; round < 20; ++round) {
        const BatchRef shared = numbered(*pool, 0, 50);
        threads.clear();
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([batch = shared, pool, t]() mutable {
                make_exclusive(batch, *pool);
                for (std::size_t i = 0; i < batch.size(); ++i) {
                    batch.exclusive().batch()[i].set_field("n", t);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        REQUIRE(numbers_of(shared.metrics()) == range(0, 49));
    }
}

}  // namespace
}  // namespace heliograph::delivery
