// Plays a server that answers a write with arbitrary bytes. The first byte chooses status and API, the second
// how many lines were sent.
#include "outputs/influxdb_v3/judgement.hpp"
#include "outputs/influxdb_v3/reply.hpp"
#include "plugins/common/line_protocol/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace heliograph;
using namespace heliograph::influxdb_v3;

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_text(std::string_view text) {
    must(text.size() <= kLongestMessage);
    must(line_protocol::is_utf8(text));
    for (const char c : text) {
        must(static_cast<unsigned char>(c) >= ' ' && c != '\x7F');
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::array<long, 8> kStatuses{400, 422, 500, 404, 200, 401, 413, 415};
    if (size < 2) {
        return 0;
    }
    const std::size_t sent = data[1];
    const auto api = static_cast<Api>((data[0] >> 3U) % 3U);
    http::Outcome outcome;
    outcome.response.emplace();
    outcome.response->status = kStatuses[data[0] & 7U];
    outcome.response->body.assign(reinterpret_cast<const char*>(data) + 2, size - 2);

    const Reply reply = parse_reply(outcome.response->body);
    check_text(reply.message);
    for (const BadLine& line : reply.lines) {
        must(line.number != 0);
        check_text(line.message);
    }
    const Judgement judgement = judge(outcome, api, sent);
    must((judgement.action == Action::reject_lines) == !judgement.lines.empty());
    std::size_t last = 0;
    for (const BadLine& line : judgement.lines) {
        must(line.number > last && line.number <= sent);
        last = line.number;
    }
    return 0;
}
