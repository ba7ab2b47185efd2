#include "core/observe/ledger.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace heliograph::observe {
namespace {

TEST_CASE("A page balances when every metric received is somewhere", "[unit][observe]") {
    struct Case {
        std::string name;
        Counts counts;
        bool balanced;
    };
    const auto c = GENERATE(values<Case>({
        {"nothing", {}, true},
        {"one of each", {5, 1, 1, 1, 1, 1}, true},
        {"one lost", {5, 4, 0, 0, 0, 0}, false},
        {"one too many", {5, 5, 0, 0, 0, 1}, false},
        {"given back more than held", {0, 3, 0, 0, 0, -3}, true},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(c.counts.balanced() == c.balanced);
    }
}

TEST_CASE("Changes add up, member by member", "[unit][observe]") {
    NodeLedger page("outputs.archive");
    page.add({.received = 10, .held = 10});
    page.add({.delivered = 7, .held = -7});
    page.add({.rejected = 1, .dropped = 1, .filtered = 1, .held = -3});
    CHECK(page.counts() == Counts{10, 7, 1, 1, 1, 0});
    CHECK(page.counts().balanced());
}

TEST_CASE("Counters are made on first use", "[unit][observe]") {
    NodeLedger page("inputs.roof");
    CHECK(page.counter("gathers") == 0);
    page.count("gathers");
    page.count("gathers", 4);
    page.count("errors", 0);
    CHECK(page.counter("gathers") == 5);
    CHECK(page.counters().size() == 2);
}

TEST_CASE("The ledger has one page a node, in the order in which they were made", "[unit][observe]") {
    Ledger ledger;
    NodeLedger& output = ledger.page("outputs.archive");
    NodeLedger& input = ledger.page("inputs.roof");
    CHECK(&ledger.page("outputs.archive") == &output);
    output.add({4, 2, 1, 0, 0, 1});
    output.count("writes", 3);
    output.count("a_first", 1);
    input.add({.received = 4, .delivered = 4});
    CHECK(ledger.unbalanced().empty());
    CHECK(ledger.lines() ==
          std::vector<std::pair<std::string, std::string>>{
              {"outputs.archive",
               "ledger: received=4 delivered=2 rejected=1 dropped=0 filtered=0 held=1 a_first=1 writes=3"},
              {"inputs.roof", "ledger: received=4 delivered=4 rejected=0 dropped=0 filtered=0 held=0"}});
    REQUIRE(ledger.pages().size() == 2);
    CHECK(ledger.pages()[1]->node() == "inputs.roof");
}

TEST_CASE("A page that does not balance is named, and says so in its line", "[unit][observe]") {
    Ledger ledger;
    ledger.page("inputs.roof").add({.received = 4, .delivered = 3});
    static_cast<void>(ledger.page("outputs.archive"));
    CHECK(ledger.unbalanced() == std::vector<std::string>{"inputs.roof"});
    CHECK(ledger.lines().front().second ==
          "ledger: received=4 delivered=3 rejected=0 dropped=0 filtered=0 held=0 "
          "(does not balance: please report this as a bug)");
}

TEST_CASE("A reader never sees half of a change", "[unit][observe]") {
    Ledger ledger;
    NodeLedger& page = ledger.page("outputs.archive");
    std::thread writer([&] {
        for (int i = 0; i < 20000; ++i) {
            page.add({.received = 3, .delivered = 2, .held = 1});
            page.count("writes");
        }
    });
    bool balanced = true;
    for (int i = 0; i < 5000; ++i) {
        balanced = balanced && ledger.unbalanced().empty();
    }
    writer.join();
    CHECK(balanced);
    CHECK(page.counts().received == 60000);
    CHECK(page.counter("writes") == 20000);
}

}  // namespace
}  // namespace heliograph::observe
