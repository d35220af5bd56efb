// SPDX-License-Identifier: MIT
// SQLite, as far as archives need it. Whatever goes wrong with the file (no database, cut short, full, locked) is a
// config::Error that names it; a statement that is wrong by itself is a std::logic_error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mmulab::archive {

class Database {
 public:
  enum class Mode { read, make };
  /// ":memory:" makes one that is no file.
  Database(const std::string& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements without results.
  void execute(const std::string& sql);
  /// Another archive's tables are found as `name`.TABLE. Throws where the file is none of our archives.
  void attach(const std::string& file, const std::string& name);
  /// Throws config::Error where `name`, which is `file`, is no archive that we can read.
  void must_be_archive(const std::string& name, const std::string& file);

 private:
  friend class Statement;
  [[noreturn]] void fail(int code) const;
  sqlite3* handle_ = nullptr;
  std::string file_;
  bool reads_;
  std::string attached_;  // the last one: where trouble is most likely from
};

/// Does the file begin as SQLite's do?
bool is_database(const std::string& file);

/// A statement, prepared once and used often: `insert.bind(1, x).bind(2, y).run()`.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Places are counted from 1; what is not bound is null.
  Statement& bind(int place, std::int64_t value);
  /// Throws config::Error beyond 2^63 - 1.
  Statement& bind_count(int place, std::uint64_t value);
  /// The text must live until the statement has run.
  Statement& bind(int place, std::string_view text);
  Statement& bind_null(int place);
  /// The next row; false after the last one, and then the statement can be bound anew.
  bool step();
  void run();

  /// Columns are counted from 0.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_integer(int column) const;
  [[nodiscard]] bool is_real(int column) const;

 private:
  void check(int code) const;
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace mmulab::archive
