// SPDX-License-Identifier: MIT
#include "sim/results/whole_file.h"

#include <sys/stat.h>

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace mmulab {
namespace {

/// With one file in it.
class FolderOfOne : public test::Folder {
 public:
  FolderOfOne() { write("file", "old"); }
  [[nodiscard]] std::string file() const { return Folder::file("file"); }
  [[nodiscard]] std::string text() const { return read("file"); }
  [[nodiscard]] std::size_t files() const { return files_in(""); }
};

TEST_CASE("A file takes its place when it is kept, not before, and others may read it") {
  const FolderOfOne folder;
  WholeFile whole(folder.file());
  whole.write("one ");
  std::ofstream(whole.name(), std::ios::app) << "two";
  whole.sync();
  CHECK(folder.text() == "old");
  whole.keep();
  CHECK(folder.text() == "one two");
  CHECK(folder.files() == 1);
  const mode_t mask = umask(022);
  WholeFile second(folder.file());
  second.keep();
  umask(mask);
  struct stat status {};
  REQUIRE(stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0644U);
}

TEST_CASE("What is not kept goes away, and what was there stays") {
  const FolderOfOne folder;
  { WholeFile(folder.file()).write("half"); }
  CHECK(folder.text() == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("A file that cannot be made, or take its place, says why and leaves nothing behind") {
  const FolderOfOne folder;
  const auto error_of = [](const auto& work) {
    try {
      work();
    } catch (const CannotWrite& failed) {
      CHECK_THAT(failed.what(), Catch::Contains("cannot write `"));
      return failed.error();
    }
    return 0;
  };
  CHECK(error_of([&] { const WholeFile below(folder.file() + "/below"); }) == ENOTDIR);
  CHECK(error_of([&] { WholeFile(folder.file() + "-folder/below", folder.file()).keep(); }) == ENOENT);
  CHECK(folder.files() == 1);
}

}  // namespace
}  // namespace mmulab
