#include "outputs/sql/identifier.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace heliograph::sql;

namespace {

constexpr auto kReserved = std::to_array<std::string_view>({"sqlite_"});
constexpr auto kSystemColumns = std::to_array<std::string_view>({"ctid", "xmin"});
constexpr IdentifierRules kShort{.max_bytes = 63, .reserved_column_names = kSystemColumns};
constexpr IdentifierRules kFolding{.case_sensitive = false, .reserved_table_prefixes = kReserved};
constexpr IdentifierRules kBacktick{.quote = '`',
                                    .max_characters = 64,
                                    .case_sensitive = false,
                                    .ignores_accents = true,
                                    .basic_plane_only = true,
                                    .no_trailing_space = true,
                                    .lower_case_tables = true};

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

TEST_CASE("accents may make no difference to an engine, so names that differ by them are the same",
          "[unit][sql]") {
    CHECK(same_name(kBacktick, "Z\u00e4hler", "zahler"));
    CHECK(same_name(kBacktick, "\u00c4", "\u00e4"));
    CHECK(same_name(kBacktick, "a\u00e4", "\u00c4a"));
    CHECK_FALSE(same_name(kBacktick, "Z\u00e4hler", "zahlen"));
    CHECK_FALSE(same_name(kBacktick, "\u00e4", "ae"));
    CHECK_FALSE(same_name(kBacktick, "\u00e4", ""));
}

TEST_CASE("a column that the engine keeps for itself gets another name", "[unit][sql]") {
    CHECK_THAT(identifier(kShort, NameOf::field, "ctid").name(), Catch::Matches("_ctid_[0-9a-f]{8}"));
    CHECK_THAT(identifier(kShort, NameOf::tag, "xmin").name(), Catch::Matches("_xmin_[0-9a-f]{8}"));
    CHECK(identifier(kShort, NameOf::field, "CTID").name() == "CTID");
    CHECK(identifier(kShort, NameOf::table, "ctid").name() == "ctid");
}

TEST_CASE("characters that the engine refuses are replaced, and the name stays distinct", "[unit][sql]") {
    const auto name = [](NameOf purpose, std::string_view raw) {
        return identifier(kBacktick, purpose, raw).name();
    };
    CHECK_THAT(name(NameOf::field, "a\U0001F31Eb"), Catch::Matches("a_b_[0-9a-f]{8}"));
    CHECK(name(NameOf::field, "\U0001F31E") != name(NameOf::field, "\U0001F31A"));
    CHECK(name(NameOf::field, "\u2600") == "\u2600");
    CHECK_THAT(name(NameOf::tag, "a "), Catch::Matches("a__[0-9a-f]{8}"));
    CHECK(name(NameOf::tag, " a") == " a");
    CHECK_THAT(name(NameOf::table, "Port"), Catch::Matches("port_[0-9a-f]{8}"));
    CHECK(name(NameOf::tag, "Port") == "Port");
}

TEST_CASE("a name is cut to the characters that the engine allows", "[unit][sql]") {
    std::string fits;
    for (int i = 0; i < 64; ++i) {
        fits += "\u2600";
    }
    CHECK(identifier(kBacktick, NameOf::field, fits).name() == fits);
    const std::string cut = identifier(kBacktick, NameOf::field, fits + "x").name();
    CHECK(cut.size() == 55 * 3 + 9);
    CHECK(cut.substr(0, 55 * 3) == fits.substr(0, 55 * 3));
}
