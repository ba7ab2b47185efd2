#include "core/delivery/deliver.hpp"

#include "tests/unit/core/delivery/numbered.hpp"

#include <heliograph/errors.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace heliograph::delivery {
namespace {

using namespace std::chrono_literals;

std::vector<std::size_t> rejected_in(const Report& report) {
    std::vector<std::size_t> indices;
    for (const auto& [index, reason] : report.rejected) {
        indices.push_back(index);
    }
    return indices;
}

std::vector<std::size_t> kept_in(const Report& report) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < report.kept.size(); ++i) {
        if (report.kept[i]) {
            indices.push_back(i);
        }
    }
    return indices;
}

/// The law of a delivery: every metric has exactly one fate.
void check_fates(const Report& report, std::size_t count) {
    REQUIRE(report.kept.size() == count);
    CHECK(report.accepted + report.rejected.size() + kept_in(report).size() == count);
    std::set<std::size_t> judged;
    for (const std::size_t index : rejected_in(report)) {
        CHECK(index < count);
        CHECK(judged.insert(index).second);
        CHECK_FALSE(report.kept[index]);
    }
}

struct Delivered {
    Report report;
    std::size_t calls = 0;
};

/// Delivers metrics numbered from 0 through a write that sees them and how many calls came before.
Delivered offer(int count,
                const std::function<std::int32_t(MetricSpan, hg_verdict&, hg_error&, std::size_t)>& write) {
    const auto pool = BatchPool::make();
    const BatchRef batch = numbered(*pool, 0, count);
    Delivered delivered;
    deliver(
        batch.metrics(),
        [&](MetricSpan metrics, hg_verdict& verdict, hg_error& error) {
            CHECK_FALSE(metrics.empty());
            return write(metrics, verdict, error, delivered.calls++);
        },
        delivered.report);
    check_fates(delivered.report, static_cast<std::size_t>(count));
    return delivered;
}

std::int32_t fail(hg_error& error, std::int32_t status, std::string_view text,
                  std::chrono::nanoseconds after = {}) {
    detail::fill_error(&error, text, after);
    return status;
}

TEST_CASE("Each status of a write has its meaning for all of its metrics", "[unit][delivery]") {
    struct Case {
        std::string name;
        std::int32_t status;
        Health health;
        std::size_t accepted;
        std::size_t rejected;
        std::size_t kept;
        std::string error;
    };
    const auto c = GENERATE(values<Case>({
        {"ok", HG_OK, Health::good, 4, 0, 0, ""},
        {"retry", HG_RETRY, Health::unavailable, 0, 0, 4, "why"},
        {"out of memory", HG_OUT_OF_MEMORY, Health::unavailable, 0, 0, 4, "why"},
        {"fatal", HG_FATAL, Health::misconfigured, 0, 0, 4, "why"},
        {"stopped", HG_STOPPED, Health::stopped, 0, 0, 4, "why"},
        {"no known status", 99, Health::misconfigured, 0, 0, 4, "why"},
        {"refused, down to each", HG_REFUSED, Health::good, 0, 4, 0, ""},
        {"too large, down to each", HG_TOO_LARGE, Health::good, 0, 4, 0, ""},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto delivered = offer(4, [&](MetricSpan, hg_verdict&, hg_error& error, std::size_t) {
            return c.status == HG_OK ? HG_OK : fail(error, c.status, "why", 7s);
        });
        CHECK(delivered.report.health == c.health);
        CHECK(delivered.report.accepted == c.accepted);
        CHECK(delivered.report.rejected.size() == c.rejected);
        CHECK(kept_in(delivered.report).size() == c.kept);
        CHECK(delivered.report.error == c.error);
        CHECK(delivered.report.retry_after == (c.kept == 0 ? 0s : 7s));
        for (const auto& [index, reason] : delivered.report.rejected) {
            CHECK(reason == "why");
        }
    }
}

TEST_CASE("A verdict names what is not accepted", "[unit][delivery]") {
    const auto delivered = offer(6, [](MetricSpan, hg_verdict& verdict, hg_error&, std::size_t) {
        verdict.reject(&verdict, 1, to_text("bad type"));
        verdict.keep(&verdict, 3, to_text("no such table yet"));
        verdict.reject(&verdict, 1, to_text("said twice"));
        verdict.keep(&verdict, 1, to_text("too late"));
        verdict.reject(&verdict, 3, to_text("too late"));
        verdict.reject(&verdict, 6, to_text("out of range"));
        verdict.reject(&verdict, SIZE_MAX, to_text("out of range"));
        return HG_OK;
    });
    CHECK(delivered.report.accepted == 4);
    CHECK(delivered.report.rejected == std::vector<std::pair<std::size_t, std::string>>{{1, "bad type"}});
    CHECK(kept_in(delivered.report) == std::vector<std::size_t>{3});
    CHECK(delivered.report.health == Health::unavailable);
    CHECK(delivered.report.error == "no such table yet");
    CHECK(delivered.calls == 1);
}

TEST_CASE("A failed write keeps all but what it rejected", "[unit][delivery]") {
    const std::int32_t status = GENERATE(HG_RETRY, HG_FATAL, HG_STOPPED);
    const auto delivered = offer(5, [&](MetricSpan, hg_verdict& verdict, hg_error& error, std::size_t) {
        verdict.reject(&verdict, 0, to_text("bad"));
        verdict.keep(&verdict, 1, to_text("wait"));
        return fail(error, status, "lost the connection");
    });
    CHECK(delivered.report.accepted == 0);
    CHECK(rejected_in(delivered.report) == std::vector<std::size_t>{0});
    CHECK(kept_in(delivered.report) == std::vector<std::size_t>{1, 2, 3, 4});
    CHECK(delivered.report.error == "lost the connection");
}

TEST_CASE("A refused batch is bisected down to exactly what is at fault, in few calls", "[unit][delivery]") {
    struct Case {
        std::string name;
        int count;
        std::set<int> bad;
    };
    const auto c = GENERATE(values<Case>({
        {"one of one", 1, {0}},
        {"one of two", 2, {1}},
        {"the first of 1000", 1000, {0}},
        {"the last of 1000", 1000, {999}},
        {"one amid 1000", 1000, {417}},
        {"five of 1000", 1000, {3, 250, 251, 700, 999}},
        {"all of 13", 13, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
    }));
    DYNAMIC_SECTION(c.name) {
        std::vector<int> stored;
        const auto delivered =
            offer(c.count, [&](MetricSpan metrics, hg_verdict&, hg_error& error, std::size_t) {
                const auto numbers = numbers_of(metrics);
                if (std::any_of(numbers.begin(), numbers.end(), [&](int n) { return c.bad.contains(n); })) {
                    return fail(error, HG_REFUSED, "partial write");
                }
                stored.insert(stored.end(), numbers.begin(), numbers.end());
                return std::int32_t{HG_OK};
            });
        CHECK(rejected_in(delivered.report) == std::vector<std::size_t>(c.bad.begin(), c.bad.end()));
        CHECK(delivered.report.accepted == static_cast<std::size_t>(c.count) - c.bad.size());
        CHECK(delivered.report.health == Health::good);
        CHECK(stored.size() == delivered.report.accepted);
        CHECK(std::is_sorted(stored.begin(), stored.end()));
        const auto levels = static_cast<std::size_t>(std::ceil(std::log2(c.count)));
        CHECK(delivered.calls <= 1 + 2 * c.bad.size() * levels);
    }
}

TEST_CASE("A batch that is too large is split until it fits, in order", "[unit][delivery]") {
    std::vector<int> stored;
    const auto delivered = offer(100, [&](MetricSpan metrics, hg_verdict&, hg_error& error, std::size_t) {
        if (metrics.size() > 30) {
            return fail(error, HG_TOO_LARGE, "413");
        }
        const auto numbers = numbers_of(metrics);
        stored.insert(stored.end(), numbers.begin(), numbers.end());
        return std::int32_t{HG_OK};
    });
    CHECK(delivered.report.accepted == 100);
    CHECK(stored == range(0, 99));
    CHECK(delivered.calls == 7);
    CHECK(delivered.report.health == Health::good);
}

TEST_CASE("One metric that is too large for the far side is rejected", "[unit][delivery]") {
    const auto delivered = offer(8, [&](MetricSpan metrics, hg_verdict&, hg_error& error, std::size_t) {
        const auto numbers = numbers_of(metrics);
        return std::find(numbers.begin(), numbers.end(), 5) != numbers.end()
                   ? fail(error, HG_TOO_LARGE, "too large")
                   : std::int32_t{HG_OK};
    });
    CHECK(delivered.report.rejected == std::vector<std::pair<std::size_t, std::string>>{{5, "too large"}});
    CHECK(delivered.report.accepted == 7);
}

TEST_CASE("What a refused write had said of single metrics is judged again with its halves",
          "[unit][delivery]") {
    const auto delivered =
        offer(4, [&](MetricSpan metrics, hg_verdict& verdict, hg_error& error, std::size_t call) {
            if (call == 0) {
                verdict.reject(&verdict, 0, to_text("first thought"));
                verdict.keep(&verdict, 1, to_text("first thought"));
                return fail(error, HG_REFUSED, "refused");
            }
            if (number_of(metrics[0]) == 2) {
                verdict.reject(&verdict, 1, to_text("second thought"));
            }
            return std::int32_t{HG_OK};
        });
    CHECK(delivered.report.rejected ==
          std::vector<std::pair<std::size_t, std::string>>{{3, "second thought"}});
    CHECK(delivered.report.accepted == 3);
    CHECK(delivered.report.health == Health::good);
    CHECK(delivered.report.error.empty());
}

TEST_CASE("After a failure within a bisection nothing more is sent, and nothing is sent twice",
          "[unit][delivery]") {
    const auto delivered = offer(8, [&](MetricSpan, hg_verdict&, hg_error& error, std::size_t call) {
        switch (call) {
            case 0:
                return fail(error, HG_TOO_LARGE, "413");
            case 1:
                return std::int32_t{HG_OK};
            default:
                return fail(error, HG_RETRY, "gone", 3s);
        }
    });
    CHECK(delivered.calls == 3);
    CHECK(delivered.report.accepted == 4);
    CHECK(kept_in(delivered.report) == std::vector<std::size_t>{4, 5, 6, 7});
    CHECK(delivered.report.health == Health::unavailable);
    CHECK(delivered.report.error == "gone");
    CHECK(delivered.report.retry_after == 3s);
}

TEST_CASE("An output that fails at its Nth call loses and doubles nothing, for every N and every status",
          "[unit][delivery]") {
    const std::int32_t status = GENERATE(HG_RETRY, HG_FATAL, HG_STOPPED, HG_OUT_OF_MEMORY);
    constexpr int kCount = 23;
    const std::set<int> bad{2, 11, 12, 22};
    const auto pool = BatchPool::make();
    const BatchRef batch = numbered(*pool, 0, kCount);
    const auto every_write = [&](MetricSpan metrics, hg_error& error,
                                 std::map<int, int>& stored) -> std::int32_t {
        const auto numbers = numbers_of(metrics);
        if (std::any_of(numbers.begin(), numbers.end(), [&](int n) { return bad.contains(n); })) {
            return fail(error, HG_REFUSED, "refused");
        }
        if (metrics.size() > 5) {
            return fail(error, HG_TOO_LARGE, "too large");
        }
        for (const int number : numbers) {
            ++stored[number];
        }
        return HG_OK;
    };
    bool failed_at_all = true;
    for (std::size_t fail_at = 0; failed_at_all; ++fail_at) {
        CAPTURE(fail_at);
        REQUIRE(fail_at < 200);
        std::map<int, int> stored;
        std::set<int> rejected;
        std::vector<hg_metric> left(batch.metrics().records().begin(), batch.metrics().records().end());
        std::size_t calls = 0;
        failed_at_all = false;
        // As an output's thread does it: offer, keep what is kept, offer again.
        for (int round = 0; !left.empty(); ++round) {
            REQUIRE(round < 3);
            Report report;
            deliver(
                {left.data(), left.size()},
                [&](MetricSpan metrics, hg_verdict&, hg_error& error) {
                    if (calls++ == fail_at) {
                        failed_at_all = true;
                        return fail(error, status, "failed");
                    }
                    return every_write(metrics, error, stored);
                },
                report);
            check_fates(report, left.size());
            for (const std::size_t index : rejected_in(report)) {
                CHECK(rejected.insert(number_of(MetricView(left[index]))).second);
            }
            std::vector<hg_metric> kept;
            for (std::size_t i = 0; i < left.size(); ++i) {
                if (report.kept[i]) {
                    kept.push_back(left[i]);
                }
            }
            CHECK((report.health == Health::good) == kept.empty());
            left = std::move(kept);
        }
        CHECK(rejected == bad);
        CHECK(stored.size() == kCount - bad.size());
        for (const auto& [number, times] : stored) {
            CHECK(times == 1);
        }
    }
}

TEST_CASE("A plugin that claims more error text than there is room for is not believed", "[unit][delivery]") {
    const auto delivered = offer(1, [](MetricSpan, hg_verdict&, hg_error& error, std::size_t) {
        error.text_size = 0x7fffffff;
        return std::int32_t{HG_RETRY};
    });
    CHECK(delivered.report.error.size() == HG_ERROR_TEXT_SIZE);
}

TEST_CASE("A report can be used again", "[unit][delivery]") {
    const auto pool = BatchPool::make();
    const BatchRef batch = numbered(*pool, 0, 3);
    Report report;
    deliver(
        batch.metrics(),
        [](MetricSpan, hg_verdict& verdict, hg_error& error) {
            verdict.reject(&verdict, 0, to_text("bad"));
            return fail(error, HG_RETRY, "away", 1s);
        },
        report);
    deliver(
        batch.metrics(), [](MetricSpan, hg_verdict&, hg_error&) { return std::int32_t{HG_OK}; }, report);
    CHECK(report.accepted == 3);
    CHECK(report.rejected.empty());
    CHECK(kept_in(report).empty());
    CHECK(report.health == Health::good);
    CHECK(report.error.empty());
    CHECK(report.retry_after == 0s);
}

}  // namespace
}  // namespace heliograph::delivery
