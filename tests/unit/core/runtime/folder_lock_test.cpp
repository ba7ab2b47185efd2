#include "core/runtime/folder_lock.hpp"

#include "tests/integration/driver/workspace.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <fstream>
#include <string>

namespace heliograph::runtime {
namespace {

TEST_CASE("only one at a time holds the lock of a folder", "[unit][runtime]") {
    const testing::Workspace folder;
    const auto state = folder.folder() / "made" / "on demand";
    {
        FolderLock first;
        CHECK(first.take(state).problem.empty());
        FolderLock second;
        const FolderLock::Claim claim = second.take(state);
        CHECK(claim.taken_by_another);
        CHECK(claim.problem == "cannot use state_dir " + state.string() + ": another heliograph (process " +
                                   std::to_string(::getpid()) +
                                   ") works in it; stop that one, or give this one a state_dir of its own");
    }
    FolderLock next;
    CHECK(next.take(state).problem.empty());
}

TEST_CASE("no folder needs no lock", "[unit][runtime]") {
    FolderLock lock;
    CHECK(lock.take({}).problem.empty());
}

TEST_CASE("a folder that cannot be made is named together with the reason", "[unit][runtime]") {
    const testing::Workspace folder;
    std::ofstream(folder.folder() / "file") << "not a folder";
    FolderLock lock;
    const FolderLock::Claim claim = lock.take(folder.folder() / "file" / "below");
    CHECK_FALSE(claim.taken_by_another);
    CHECK(claim.problem ==
          "cannot use state_dir " + (folder.folder() / "file" / "below").string() +
              ": Not a directory; make the folder and give it to the user that runs this program");
}

}  // namespace
}  // namespace heliograph::runtime
