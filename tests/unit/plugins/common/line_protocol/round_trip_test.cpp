// Whatever a model holds that line protocol can hold comes back from the text as it was.
#include "model.hpp"
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <random>
#include <string>

using namespace heliograph;
using namespace heliograph::line_protocol;
using namespace heliograph::line_protocol::test;

namespace {

class RandomModels {
public:
    explicit RandomModels(std::uint64_t seed) : random_(seed) {}

    Model next() {
        Model model{name(), {}, {}, static_cast<std::int64_t>(random_())};
        if (model.measurement[0] == '#') {
            model.measurement[0] = 'x';
        }
        for (std::size_t i = below(5); i != 0; --i) {
            model.tags.emplace_back(name(), name());
        }
        for (std::size_t i = 1 + below(6); i != 0; --i) {
            model.fields.emplace_back(name(), value());
        }
        return normalised(model);
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    // Never empty, no control characters, no backslash at the end: the rest is line protocol's to carry.
    std::string name() {
        std::string text = pieces(1 + below(8), false);
        return text.back() == '\\' ? text + 'z' : text;
    }

    std::string pieces(std::size_t count, bool with_controls) {
        static const std::array<std::string, 20> kPieces = {
            "a", "B",      "7",           " ", ",",  "=", "\\",   "\"",           "#", "_",
            "n", "longer", "K\xC3\xB6ln", "t", "\\", ".", "word", "\xE2\x98\x83", "-", "\\\\"};
        static const std::array<std::string, 5> kControls = {"\n", "\r\n", "\t", std::string(1, '\0'),
                                                             "\x7F"};
        std::string text;
        for (; count != 0; --count) {
            text += with_controls && below(4) == 0 ? kControls[below(kControls.size())]
                                                   : kPieces[below(kPieces.size())];
        }
        return text;
    }

    Value value() {
        switch (below(6)) {
            case 0:
                return static_cast<double>(static_cast<std::int64_t>(random_() % 2'000'000) - 1'000'000) /
                       1'000;
            case 1: {
                const auto number = std::bit_cast<double>(random_());
                return std::isfinite(number) ? number : -0.0;
            }
            case 2:
                return static_cast<std::int64_t>(random_());
            case 3:
                return std::uint64_t{random_()};
            case 4:
                return below(2) == 0;
            default:
                return pieces(below(9), true);
        }
    }

    std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("Random metrics come back as they were, in both dialects", "[unit][line_protocol]") {
    for (const Dialect dialect : {Dialect::v1, Dialect::v3}) {
        const std::uint64_t seed = 4711;
        RandomModels models(seed);
        Encoder encoder({.dialect = dialect});
        Decoder decoder(dialect);
        OwnedBatch owned;
        for (int round = 0; round < 200; ++round) {
            std::vector<Model> written;
            Buffer text;
            for (int i = 0; i < 50; ++i) {
                written.push_back(models.next());
                const Record record(written.back());
                REQUIRE(encoder.append(record.view(), text).status == EncodeStatus::ok);
            }
            owned.reset();
            Batch batch = owned.batch();
            decoder.decode(text.view(), batch, [&](const DecodeError& error) { FAIL_CHECK(error.message); });
            REQUIRE(batch.size() == written.size());
            for (std::size_t i = 0; i < written.size(); ++i) {
                CAPTURE(seed, round, i, dialect == Dialect::v3);
                REQUIRE(model_of(batch.metrics()[i]) == written[i]);
            }
        }
    }
}
