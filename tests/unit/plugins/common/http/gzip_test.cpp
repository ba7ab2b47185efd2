#include "plugins/common/http/gzip.hpp"

#include "tests/unit/plugins/common/http/fixture.hpp"

using namespace heliograph::http;

TEST_CASE("what is compressed unpacks to the same", "[unit][http]") {
    std::string noise;
    for (std::uint32_t i = 0, state = 1; i < 100'000; ++i) {
        state = state * 1'664'525U + 1'013'904'223U;
        noise.push_back(static_cast<char>(state >> 24U));
    }
    HttpServer server([](const ReceivedRequest&) { return Reply{}; });
    Client client(patient_settings());
    Gzip gzip(GENERATE(1, 6, 12));
    std::string packed = "left over from before";
    const std::vector<std::string> texts{std::string(1'000'000, 'a'), "", noise, "m f=1"};
    for (const auto& text : texts) {
        gzip.compress(text, packed);
        auto request = post(server.url(), packed);
        request.body_is_gzip = true;
        REQUIRE(client.send(request).response);
    }
    const auto received = server.requests();
    REQUIRE(received.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        CHECK(received[i].body_is_valid);
        CHECK(received[i].body_text == texts[i]);
    }
    CHECK(received[0].body.size() < 10'000);
}
