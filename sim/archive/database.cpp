// SPDX-License-Identifier: MIT
#include "sim/archive/database.h"

#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sqlite3.h>

#include "sim/archive/schema.h"
#include "sim/config/diagnostic.h"

namespace mmulab::archive {
namespace {

/// Troubles of the file or its place, not of our statements.
bool is_users(int code) {
  switch (code & 0xff) {
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG: return true;
    default: return false;
  }
}

/// So that no character of a name has a meaning in a URI.
std::string uri_of(const std::string& file) {
  std::string uri = "file:";
  for (const char c : file) {
    if (c == '%' || c == '?' || c == '#') uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else uri += c;
  }
  return uri + "?immutable=1";
}

}  // namespace

bool is_database(const std::string& file) {
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  char head[16] = {};
  std::ifstream in(file, std::ios::binary);
  return in.read(head, sizeof head) && std::string_view(head, sizeof head) == magic;
}

Database::Database(const std::string& file, Mode mode) : file_(file), reads_(mode == Mode::read) {
  const std::string name = reads_ ? uri_of(file) : file;
  // One thread uses a database, so none need be kept from it.
  const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                    (reads_ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr);
  if (code == SQLITE_OK) return;
  sqlite3_close(handle_);
  handle_ = nullptr;
  throw config::Error(config::diagnose({}, fmt::format("{}: {}", file, sqlite3_errstr(code))));
}

Database::~Database() { sqlite3_close(handle_); }

/// Statements that suit our own tables fail on others' alone: those of an archive that is damaged or made by hand.
void Database::fail(int code) const {
  const std::string text = sqlite3_errmsg(handle_);
  const bool full = (code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR;
  if (!attached_.empty() && !full) throw config::Error(config::diagnose({}, fmt::format("{}: {}", attached_, text)));
  if (is_users(code) || reads_) throw config::Error(config::diagnose({}, fmt::format("{}: {}", file_, text)));
  throw std::logic_error("SQLite: " + text);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

void Database::attach(const std::string& file, const std::string& name) {
  const std::string uri = uri_of(file);
  Statement attach(*this, "ATTACH ? AS " + name);
  attached_ = file;
  attach.bind(1, uri).run();
  must_be_archive(name, file);
}

void Database::must_be_archive(const std::string& name, const std::string& file) {
  Statement id(*this, "PRAGMA " + name + ".application_id");
  Statement version(*this, "PRAGMA " + name + ".user_version");
  id.step();
  version.step();
  if (id.integer(0) != application_id)
    throw config::Error(config::diagnose({}, file + ": a database, but no archive of mmulab"));
  if (version.integer(0) == schema_version) return;
  throw config::Error(config::diagnose({},
                                       fmt::format("{}: an archive of schema {}; this is a reader of schema {}", file,
                                                   version.integer(0), schema_version),
                                       "merge the results themselves anew"));
}

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  const int code =
      sqlite3_prepare_v2(database.handle_, sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
  if (code != SQLITE_OK) database_.fail(code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail(code);
}

Statement& Statement::bind(int place, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, place, value));
  return *this;
}

Statement& Statement::bind_count(int place, std::uint64_t value) {
  if (value > INT64_MAX)
    throw config::Error(config::diagnose({}, fmt::format("{}: {} is more than a database's integer holds",
                                                         database_.file_, value)));
  return bind(place, static_cast<std::int64_t>(value));
}

Statement& Statement::bind(int place, std::string_view text) {
  check(sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_null(int place) {
  check(sqlite3_bind_null(statement_, place));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_);
  if (code != SQLITE_DONE) check(code);
  return false;
}

void Statement::run() {
  while (step()) continue;
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
bool Statement::is_integer(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_INTEGER; }
bool Statement::is_real(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_FLOAT; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? "" : std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace mmulab::archive
