#include "plugins/common/http/ending.hpp"

#include <catch2/catch.hpp>

using namespace heliograph::http;

TEST_CASE("a response is sorted by its status, and a page for people is an alarm", "[unit][http]") {
    struct Case {
        long status;
        Ending want;
        std::string type = {};
        std::string body = {};
    };
    const std::string json = "application/json";
    const std::string html = "text/html; charset=utf-8";
    const auto c = GENERATE_COPY(values<Case>({
        {200, Ending::accepted},
        {200, Ending::accepted, json, "{}"},
        {200, Ending::alarm, html, ""},
        {200, Ending::alarm, "Text/HTML", "hello"},
        {200, Ending::alarm, "", "\r\n <html>"},
        {200, Ending::alarm, "", "\xEF\xBB\xBF<!doctype html>"},
        {201, Ending::accepted},
        {202, Ending::accepted},
        {204, Ending::accepted},
        {301, Ending::alarm},
        {302, Ending::alarm},
        {304, Ending::alarm},
        {307, Ending::alarm},
        {308, Ending::alarm},
        {400, Ending::refused},
        {400, Ending::refused, json, R"({"error":"a < b"})"},
        {400, Ending::alarm, html, "<html>"},
        {401, Ending::alarm},
        {403, Ending::alarm},
        {404, Ending::alarm},
        {405, Ending::alarm},
        {407, Ending::alarm},
        {408, Ending::retry},
        {409, Ending::refused},
        {413, Ending::split},
        {413, Ending::split, html, "<html>"},
        {415, Ending::refused},
        {422, Ending::refused},
        {425, Ending::retry},
        {429, Ending::retry},
        {500, Ending::retry},
        {501, Ending::alarm},
        {502, Ending::retry, html, "<html>"},
        {503, Ending::retry},
        {504, Ending::retry},
        {505, Ending::alarm},
        {599, Ending::retry},
        {600, Ending::alarm},
        {999, Ending::alarm},
    }));
    CAPTURE(c.status, c.type, c.body);
    Outcome outcome;
    auto& response = outcome.response.emplace();
    response.status = c.status;
    response.body = c.body;
    response.content_type = c.type;
    CHECK(classify(outcome) == c.want);
}

TEST_CASE("what never came back is tried again unless a person must act", "[unit][http]") {
    using Kind = Failure::Kind;
    struct Case {
        Kind kind;
        Ending want;
        Failure::Cause cause = Failure::Cause::other;
    };
    const auto c = GENERATE(values<Case>({
        {Kind::resolve, Ending::retry},
        {Kind::connect, Ending::retry},
        {Kind::proxy, Ending::retry},
        {Kind::proxy, Ending::alarm, Failure::Cause::proxy_login},
        {Kind::tls, Ending::alarm},
        {Kind::timeout, Ending::retry},
        {Kind::broken, Ending::retry},
        {Kind::interrupted, Ending::retry},
        {Kind::invalid_request, Ending::alarm},
    }));
    Outcome outcome;
    outcome.failure.kind = c.kind;
    outcome.failure.cause = c.cause;
    CHECK(classify(outcome) == c.want);
}

TEST_CASE("a URL for the log has neither user information nor query nor fragment", "[unit][http]") {
    struct Case {
        std::string url;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"http://db.local:8181/write", "http://db.local:8181/write"},
        {"https://db.local/write?p=secret", "https://db.local/write"},
        {"https://db.local?p=secret", "https://db.local"},
        {"https://db.local/#secret", "https://db.local/"},
        {"https://user:secret@db.local/a", "https://db.local/a"},
        {"https://user:sec@ret@db.local/a?u=b", "https://db.local/a"},
        {"https://user:sec/secret@db.local/a", "https://db.local/a"},
        {"https://user:secret?x@db.local/a", "https://..."},
        {"https://user:12?secret@db.local/a", "https://..."},
        {"https://db.local/write?u=a@b", "https://db.local/write"},
        {"https://user:secret", "https://..."},
        {"http://[::1]:8181/a", "http://[::1]:8181/a"},
        {"http://user:secret@[fe80::1%25eth0]:8181/a", "http://[fe80::1%25eth0]:8181/a"},
        {"user:secret@db.local:1/a", "db.local:1/a"},
        {"http://db.local/a\r\nb", "http://db.local/a  b"},
        {"http://", "http://"},
        {"", ""},
        {"secret://", "secret://"},
    }));
    CAPTURE(c.url);
    CHECK(without_secrets(c.url) == c.want);
}
