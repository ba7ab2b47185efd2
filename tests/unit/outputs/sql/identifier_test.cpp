#include "outputs/sql/identifier.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace heliograph::sql;

namespace {

constexpr auto kReserved = std::to_array<std::string_view>({"sqlite_"});
constexpr IdentifierRules kShort{'"', 63, true, {}};
constexpr IdentifierRules kFolding{'"', 255, false, kReserved};
constexpr IdentifierRules kBacktick{'`', 64, false, {}};

}  // namespace

TEST_CASE("a plain name is quoted and otherwise untouched", "[unit][sql]") {
    for (const std::string raw : {"power", "select", "Zähler 1", "🌞", "a.b-c/d"}) {
        CAPTURE(raw);
        CHECK(identifier(kShort, NameOf::field, raw).name() == raw);
        CHECK(identifier(kShort, NameOf::field, raw).quoted() == '"' + raw + '"');
    }
}

TEST_CASE("a quote in a name is doubled, whichever the engine uses", "[unit][sql]") {
    CHECK(identifier(kShort, NameOf::tag, R"(a"b)").quoted() == R"("a""b")");
    CHECK(identifier(kShort, NameOf::tag, "a`b").quoted() == R"("a`b")");
    CHECK(identifier(kBacktick, NameOf::tag, "a`b").quoted() == "`a``b`");
    CHECK(identifier(kShort, NameOf::table, R"("; DROP TABLE x; --)").quoted() ==
          R"("""; DROP TABLE x; --")");
}

TEST_CASE("a name that must be changed ends in a hash of what it was", "[unit][sql]") {
    const auto name = [](std::string_view raw) { return identifier(kFolding, NameOf::table, raw).name(); };
    CHECK_THAT(name(std::string("a\0b", 3)), Catch::Matches("ab_[0-9a-f]{8}"));
    CHECK_THAT(name("a\nb"), Catch::Matches("a_b_[0-9a-f]{8}"));
    CHECK_THAT(name("SQLite_master"), Catch::Matches("_SQLite_master_[0-9a-f]{8}"));
    CHECK_THAT(name(""), Catch::Matches("__[0-9a-f]{8}"));
    CHECK_THAT(name("\xFF"), Catch::Matches("\xEF\xBF\xBD_[0-9a-f]{8}"));
    CHECK(name("a\nb") != name("a\tb"));
    CHECK(identifier(kFolding, NameOf::tag, "sqlite_x").name() == "sqlite_x");
}

TEST_CASE("a name that is too long is cut to a whole character and stays distinct", "[unit][sql]") {
    const std::string common(62, 'x');
    const std::string first = identifier(kShort, NameOf::field, common + "first").name();
    const std::string second = identifier(kShort, NameOf::field, common + "second").name();
    CHECK(first.size() == 63);
    CHECK(second.size() == 63);
    CHECK(first != second);
    CHECK(identifier(kShort, NameOf::field, std::string(63, 'x')).name() == std::string(63, 'x'));

    std::string sun;
    while (sun.size() < 100) {
        sun += "☀";
    }
    CHECK(identifier(kShort, NameOf::field, sun).name().size() == 63);
    CHECK(identifier(kShort, NameOf::field, "y" + sun).name().size() == 61);
}

TEST_CASE("distinct names differ by what they are for, and always come out the same", "[unit][sql]") {
    const Identifier tag = identifier(kShort, NameOf::tag, "time", NameForm::distinct);
    const Identifier field = identifier(kShort, NameOf::field, "time", NameForm::distinct);
    CHECK_THAT(tag.name(), Catch::Matches("time_[0-9a-f]{8}"));
    CHECK(tag.name() != field.name());
    CHECK(tag.name() == identifier(kShort, NameOf::tag, "time", NameForm::distinct).name());
}

TEST_CASE("names are compared as the engine does", "[unit][sql]") {
    CHECK(same_name(kFolding, "Host", "hOST"));
    CHECK_FALSE(same_name(kShort, "Host", "host"));
    CHECK_FALSE(same_name(kFolding, "host", "hosts"));
    CHECK_FALSE(same_name(kFolding, "Ä", "ä"));
}
