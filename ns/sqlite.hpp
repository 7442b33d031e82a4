// SQLite, as far as the store needs it: a database and a statement that close themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace rmi::ns::sqlite {

/// What SQLite answered, in its words; they do not name the file.
class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int code() const noexcept { return code_; }  ///< a primary result code, SQLITE_FULL

 private:
  int code_;
};

/// The one connection to a file: from the first look into it nobody else has it, not even to look.
/// What is in memory and what is on disk must not drift apart.
/// Thread safety: one thread at a time.
class Database {
 public:
  enum class Access { create, change, read };
  /// @throws Error
  Database(const std::string& file, Access access);

  /// Runs statements that return nothing of interest. @throws Error
  void run(const std::string& sql);
  /// The first column of the first row, empty if there is none. @throws Error
  std::string text(const std::string& sql);
  std::int64_t number(const std::string& sql);
  sqlite3* native() const noexcept { return handle_.get(); }
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Lifetime: borrows the database.
class Statement {
 public:
  /// @throws Error
  Statement(const Database& database, std::string_view sql);

  /// Parameters count from 1. The text must live until the next step().
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::int64_t number);
  /// @return whether there is a row. @throws Error
  bool step();
  /// To be run again, with other parameters.
  void reset() noexcept;
  /// Columns count from 0.
  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// @throws Error  nothing has changed then.
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace rmi::ns::sqlite
