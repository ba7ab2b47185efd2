// A plugin that takes a secret, so that a test can look for the secret in what the program says.
#include <heliograph/plugin.hpp>

#include <string>

namespace {

struct Options {
    heliograph::Secret token;
    std::string region = "eu";

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::token>("token", "What the far side lets us in by.").required(),
        heliograph::option<&Options::region>("region", "Part of the far side."));
};

class SecretOutput final : public heliograph::Output<Options> {
public:
    void check(heliograph::Problems& problems) override {
        if (!options().token.value.starts_with("key-")) {
            problems.report("token", "does not begin with \"key-\"", "copy it again");
        }
    }
    void write(const heliograph::MetricSpan& /*metrics*/, heliograph::Verdict& /*verdict*/) override {
        throw heliograph::Retry("the far side does not know " + options().token.value);
    }
};

}  // namespace

HELIOGRAPH_PLUGIN(SecretOutput, "secret", "Takes a secret and delivers nothing.")
