#include "inputs/hoymiles_dtu/counter_store.hpp"

#include <catch2/catch.hpp>

namespace heliograph::hoymiles {
namespace {

const SerialNumber kFirst{0x11D361600831};
const SerialNumber kSecond{0x11D361600832};
const SerialNumber kInverter{0x116172200101};
const Moment kNoon{std::chrono::sys_seconds{std::chrono::seconds{1'782'036'000}}, 20625};

CounterStore two_dtus() {
    CounterStore store{{}, 10};
    store.of(kFirst).update({kInverter, 1, 812, 66654, true}, kNoon);
    store.of(kSecond).update({kInverter, 1, 10, 20, true}, kNoon);
    return store;
}

}  // namespace

TEST_CASE("a store comes back from its text", "[unit][hoymiles]") {
    CounterStore store = two_dtus();
    REQUIRE(store.changed());
    const std::string text = store.serialise();
    CHECK_FALSE(store.changed());
    CounterStore restored{{}, 10};
    CHECK(restored.restore(text));
    CHECK(restored.of(kFirst).sums(kNoon).total == 66654);
    CHECK(restored.of(kSecond).sums(kNoon).total == 20);
    CHECK(restored.serialise() == text);
}

TEST_CASE("a damaged text is used up to the damage", "[unit][hoymiles]") {
    const std::string text = two_dtus().serialise();
    for (std::size_t size = 0; size < text.size(); ++size) {
        CounterStore restored{{}, 10};
        const bool understood = restored.restore(std::string_view{text}.substr(0, size));
        const auto total = restored.of(kFirst).sums(kNoon).total + restored.of(kSecond).sums(kNoon).total;
        // A cut between two blocks cannot be told from a shorter text.
        CAPTURE(size, understood);
        CHECK((total == 0 || total == 66654));
    }
    CounterStore restored{{}, 10};
    CHECK_FALSE(restored.restore(text + "garbage"));
    CHECK(restored.of(kFirst).sums(kNoon).total == 66654);
    CHECK_FALSE(restored.restore("garbage"));
    CHECK_FALSE(restored.restore("heliograph hoymiles state 1\ndtu 11D361600831 99999999999999999999999\n"));
}

TEST_CASE("a store forgets the DTU that was not asked for longest", "[unit][hoymiles]") {
    CounterStore store{{}, 2};
    store.of(kFirst).update({kInverter, 1, 1, 1000, true}, kNoon);
    store.of(kSecond).update({kInverter, 1, 1, 2000, true}, kNoon);
    store.of(kFirst);
    store.of(SerialNumber{3});
    CHECK(store.of(kFirst).sums(kNoon).total == 1000);
    CHECK(store.of(kSecond).sums(kNoon).total == 0);
}

}  // namespace heliograph::hoymiles
