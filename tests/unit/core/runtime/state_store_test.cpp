#include "core/runtime/state_store.hpp"

#include "tests/integration/driver/workspace.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace heliograph::runtime {
namespace {

namespace fs = std::filesystem;

using testing::Workspace;

TEST_CASE("A value survives a restart", "[unit][runtime]") {
    const Workspace folder;
    const std::string value =
        GENERATE(as<std::string>(), "", "text", std::string("\0binary\n\xff", 9), std::string(100000, 'x'));
    const fs::path state = folder.folder() / "made" / "on demand";
    {
        StateStore store(state);
        CHECK_FALSE(store.load("inputs.roof", "counters"));
        CHECK(store.store("inputs.roof", "counters", "old").empty());
        CHECK(store.store("inputs.roof", "counters", value).empty());
        CHECK(store.load("inputs.roof", "counters") == value);
    }
    StateStore again(state);
    CHECK(again.load("inputs.roof", "counters") == value);
    CHECK_FALSE(again.load("inputs.roof", "other"));
    CHECK_FALSE(again.load("inputs.barn", "counters"));
}

TEST_CASE("A value is replaced as a whole: half of a new one is never read", "[unit][runtime]") {
    const Workspace folder;
    {
        StateStore store(folder.folder());
        CHECK(store.store("inputs.roof", "counters", "whole").empty());
    }
    CHECK(folder.files() == std::vector<std::string>{"inputs.roof.counters.state"});
    // What a crash amid the next store would leave.
    std::ofstream(folder.folder() / "inputs.roof.counters.state.new") << "ha";
    StateStore store(folder.folder());
    CHECK(store.load("inputs.roof", "counters") == "whole");
    CHECK(store.store("inputs.roof", "counters", "next").empty());
    CHECK(folder.files() == std::vector<std::string>{"inputs.roof.counters.state"});
}

TEST_CASE("No name or key leads out of the folder, or to the file of another", "[unit][runtime]") {
    const Workspace folder;
    const fs::path inner = folder.folder() / "inner";
    const std::vector<std::string> hostile{"../evil", "/etc/passwd", "..",       ".",
                                           "",        "a/b",         "a\nb",     std::string("a\0b", 3),
                                           "a%2fb",   "a b",         "\xff\xfe", "é"};
    {
        StateStore store(inner);
        for (const std::string& key : hostile) {
            CHECK(store.store("inputs.roof", key, "key " + key).empty());
            CHECK(store.store("inputs." + key, "k", "node " + key).empty());
        }
    }
    for (const std::string& file : folder.files()) {
        CAPTURE(file);
        const fs::path place(file);
        CHECK(*place.begin() == "inner");
        CHECK(place.lexically_normal() == place);
        CHECK(std::distance(place.begin(), place.end()) <= 2);
    }
    StateStore again(inner);
    for (const std::string& key : hostile) {
        CHECK(again.load("inputs.roof", key) == "key " + key);
        CHECK(again.load("inputs." + key, "k") == "node " + key);
    }
}

TEST_CASE("A folder that cannot be written gives an error, and the value still serves", "[unit][runtime]") {
    const Workspace folder;
    std::ofstream(folder.folder() / "file") << "not a folder";
    StateStore store(folder.folder() / "file" / "below");
    const std::string error = store.store("inputs.roof", "counters", "value");
    CHECK(error == "cannot create " +
                       (folder.folder() / "file" / "below" / "inputs.roof.counters.state.new").string() +
                       ": Not a directory");
    CHECK(store.load("inputs.roof", "counters") == "value");
}

TEST_CASE("A key too long for a file name gives an error, and the value still serves", "[unit][runtime]") {
    const Workspace folder;
    StateStore store(folder.folder());
    const std::string key(300, 'k');
    CHECK(store.store("inputs.roof", key, "value").find("File name too long") != std::string::npos);
    CHECK(store.load("inputs.roof", key) == "value");
    CHECK_FALSE(StateStore(folder.folder()).load("inputs.roof", key));
}

TEST_CASE("A folder in the place of a value is no value", "[unit][runtime]") {
    const Workspace folder;
    fs::create_directory(folder.folder() / "inputs.roof.counters.state");
    StateStore store(folder.folder());
    CHECK_FALSE(store.load("inputs.roof", "counters"));
    CHECK(store.store("inputs.roof", "counters", "value").find("cannot replace") != std::string::npos);
}

TEST_CASE("Without a folder values live as long as the store", "[unit][runtime]") {
    StateStore store;
    CHECK(store.store("inputs.roof", "counters", "value").empty());
    CHECK(store.load("inputs.roof", "counters") == "value");
    CHECK_FALSE(StateStore().load("inputs.roof", "counters"));
}

}  // namespace
}  // namespace heliograph::runtime
