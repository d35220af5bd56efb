// SPDX-License-Identifier: MIT
#include "sim/results/whole_file.h"

#include <sys/stat.h>
#include <unistd.h>

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

TEST_CASE("A link goes on pointing at the file, and the file alone is new") {
  const FolderOfOne folder;
  const std::string link = folder.file() + "-link";
  std::filesystem::create_symlink("file", link);
  write_whole(link, "new");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(folder.text() == "new");
  CHECK(folder.files() == 2);
}

TEST_CASE("A device stays one, and says why it takes nothing") {
  write_whole("/dev/null", "nothing");
  CHECK(std::filesystem::is_character_file("/dev/null"));
  REQUIRE(std::filesystem::is_character_file("/dev/full"));
  CHECK_THROWS_WITH(write_whole("/dev/full", "x"), Catch::Contains("`/dev/full`: No space left on device"));
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("A pipe gets the whole, in the end") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  WholeFile whole("/dev/fd/" + std::to_string(ends[1]));
  std::ofstream(whole.name()) << "a whole";
  whole.keep();
  char read_back[16] = {};
  CHECK(read(ends[0], read_back, sizeof read_back) == 7);
  CHECK(std::string(read_back) == "a whole");
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("A folder is no file, and neither is no name") {
  const FolderOfOne folder;
  CHECK_THROWS_WITH(write_whole(folder.file() + "/..", "x"), Catch::Contains("Not a directory"));
  CHECK_THROWS_WITH(write_whole("/tmp", "x"), Catch::Contains("Is a directory"));
  CHECK_THROWS_WITH(write_whole("", "x"), Catch::Contains("No such file"));
}

}  // namespace
}  // namespace mmulab
