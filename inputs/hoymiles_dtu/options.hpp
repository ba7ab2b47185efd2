// What a user may set of the input `hoymiles_dtu`, declared once.
#pragma once

#include "inputs/hoymiles_dtu/port_record.hpp"

#include <heliograph/options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heliograph::hoymiles {

struct Options {
    std::string host;
    std::vector<std::string> hosts;
    std::int64_t port = 502;
    std::int64_t unit_id = 1;
    std::string dtu_name;
    TextMap dtu_names;
    std::chrono::milliseconds timeout{5000};
    std::chrono::milliseconds request_gap{100};
    RegisterMap layout = RegisterMap::byte_addressed;
    std::optional<std::int64_t> stride;
    double rated_power = 1000;
    std::string utc_offset;
    std::chrono::milliseconds max_backoff{0};
    std::int64_t max_connections = 0;
    bool port_counts = false;

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::host>("host", "Name or address of the DTU, host or host:port.")
            .example("\"192.168.1.20\"")
            .in_sample(),
        heliograph::option<&Options::hosts>(
            "hosts",
            "Names or addresses of several DTUs, polled side by side; may be given instead of host."),
        heliograph::option<&Options::port>("port", "Modbus TCP port of every host that names none itself.")
            .at_least(1)
            .at_most(65535),
        heliograph::option<&Options::unit_id>("unit_id", "Modbus unit that the DTU answers as.")
            .at_least(0)
            .at_most(255),
        heliograph::option<&Options::dtu_name>("dtu_name", "Value of the tag dtu_name; by default the host."),
        heliograph::option<&Options::dtu_names>(
            "dtu_names", "Values of the tag dtu_name where there are several hosts: host = name."),
        heliograph::option<&Options::timeout>("timeout", "Longest wait for a connection and for each reply.")
            .at_least(std::chrono::milliseconds{10})
            .at_most(std::chrono::minutes{10}),
        heliograph::option<&Options::request_gap>("request_gap",
                                                  "Pause from each reply of a DTU to the next request to it.")
            .at_least(std::chrono::milliseconds{100})
            .at_most(std::chrono::minutes{1}),
        heliograph::option<&Options::layout>(
            "layout",
            "Where the DTU keeps its port records: at 0x1000 (most) or at 0x4000 (newer DTU-Pro-S).")
            .choices({{"byte_addressed", RegisterMap::byte_addressed},
                      {"word_addressed", RegisterMap::word_addressed}}),
        heliograph::option<&Options::stride>(
            "stride",
            "Addresses from one port record to the next; by default 40, or 25 when word_addressed. "
            "Clones of the DTU may need 20.")
            .at_least(19)
            .at_most(100)
            .example("20"),
        heliograph::option<&Options::rated_power>(
            "rated_power", "Power that one port can have; energy counters that grow faster are not believed.")
            .unit("W")
            .at_least(1)
            .at_most(1e9),
        heliograph::option<&Options::utc_offset>(
            "utc_offset",
            "Time zone of the site, as +02:00; by default that of the system. Energy of today "
            "starts anew with its date.")
            .example("\"+01:00\""),
        heliograph::option<&Options::max_backoff>(
            "max_backoff",
            "Longest wait before a DTU that failed four times in a row is tried again; 0 tries at "
            "every interval.")
            .at_least(std::chrono::milliseconds{0})
            .at_most(std::chrono::hours{24}),
        heliograph::option<&Options::max_connections>(
            "max_connections",
            "Most DTUs that are polled at the same time; 0 sets no limit but that of the system.")
            .at_least(0)
            .at_most(100000),
        heliograph::option<&Options::port_counts>(
            "port_counts", "Whether dtu also has the fields ports_online and ports_total."));
};

}  // namespace heliograph::hoymiles
