#include "tools/dtu_simulator/fault.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

namespace heliograph::dtu_simulator {
namespace {

TEST_CASE("A fault is read from text with its number and its DTU", "[unit][dtu_simulator]") {
    CHECK(parse_fault("silent") == FaultAssignment{{FaultKind::silent}});
    CHECK(parse_fault("silent@3") == FaultAssignment{{FaultKind::silent}, 3});
    CHECK(parse_fault("slow=500") == FaultAssignment{{FaultKind::slow, 500}});
    CHECK(parse_fault("exception=6@12") == FaultAssignment{{FaultKind::exception, 6}, 12});
}

TEST_CASE("Every fault that the help names can be read", "[unit][dtu_simulator]") {
    for (const std::string_view name : fault_names()) {
        CHECK_NOTHROW(parse_fault(name));
    }
}

TEST_CASE("A fault that cannot be read is refused with the kinds that can", "[unit][dtu_simulator]") {
    for (const char* text :
         {"", "sleepy", "silent@", "silent@x", "slow=", "slow=-1", "slow=5x", "slow=99999999999"}) {
        CHECK_THROWS_WITH(parse_fault(text), Catch::Contains("wrong-byte-count"));
    }
}

TEST_CASE("A fault set knows defaults, replaces a kind and forgets", "[unit][dtu_simulator]") {
    FaultSet faults;
    faults.add({FaultKind::none}, 0);
    CHECK_FALSE(faults.has(FaultKind::none));
    faults.add({FaultKind::slow}, 0);
    CHECK(faults.value(FaultKind::slow) == 2000U);
    faults.add({FaultKind::slow, 10}, 0);
    CHECK(faults.value(FaultKind::slow) == 10U);
    faults.clear();
    CHECK_FALSE(faults.has(FaultKind::slow));
}

TEST_CASE("Inverters are unheard since the earliest fault that concerns them", "[unit][dtu_simulator]") {
    FaultSet faults;
    CHECK_FALSE(faults.unheard_since(0));
    faults.add({FaultKind::inverter_offline, 1}, 50);
    faults.add({FaultKind::inverter_offline, 2}, 60);
    CHECK_FALSE(faults.unheard_since(0));
    CHECK(faults.unheard_since(1) == 50);
    CHECK(faults.unheard_since(2) == 60);
    faults.add({FaultKind::night}, 55);
    CHECK(faults.unheard_since(0) == 55);
    CHECK(faults.unheard_since(1) == 50);
    CHECK(faults.unheard_since(2) == 55);
}

}  // namespace
}  // namespace heliograph::dtu_simulator
