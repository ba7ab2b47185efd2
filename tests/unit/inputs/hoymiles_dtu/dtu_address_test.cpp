#include "inputs/hoymiles_dtu/dtu_address.hpp"

#include <catch2/catch.hpp>

namespace heliograph::hoymiles {

TEST_CASE("a DTU's address is a host and perhaps a port", "[unit][hoymiles]") {
    struct Case {
        std::string text;
        std::optional<DtuAddress> want;
    };
    const auto c = GENERATE(values<Case>({
        {"192.168.1.20", DtuAddress{"192.168.1.20", 502}},
        {"192.168.1.20:5020", DtuAddress{"192.168.1.20", 5020}},
        {"DTU.Local", DtuAddress{"dtu.local", 502}},
        {"[fe80::1%eth0]:503", DtuAddress{"fe80::1%eth0", 503}},
        {"[::1]", DtuAddress{"::1", 502}},
        {"::1", DtuAddress{"::1", 502}},
        {"", std::nullopt},
        {":502", std::nullopt},
        {"host:", std::nullopt},
        {"host:0", std::nullopt},
        {"host:65536", std::nullopt},
        {"host:50x", std::nullopt},
        {"[::1", std::nullopt},
        {"[::1]502", std::nullopt},
        {"http://host", std::nullopt},
        {"two hosts", std::nullopt},
    }));
    CAPTURE(c.text);
    CHECK(parse_dtu_address(c.text, 502) == c.want);
}

}  // namespace heliograph::hoymiles
