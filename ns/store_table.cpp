// Rows, their checksums, and how the file says what it is.
#include "ns/store_table.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <rmi/errors.hpp>

#include "ns/offer_rules.hpp"

namespace rmi::ns {
namespace {

constexpr std::int64_t application_id = 0x524d4942;  // "RMIB"
constexpr std::int64_t version = 1;

// One table is all there is, so that anything else in the schema is damage, or somebody's trick.
// Tags hold no comma.
constexpr const char* table =
    "CREATE TABLE names(name TEXT PRIMARY KEY, object_id TEXT NOT NULL, interface TEXT NOT NULL, "
    "interface_hash INTEGER NOT NULL, mode INTEGER NOT NULL, tags TEXT NOT NULL, "
    "tags_kept INTEGER NOT NULL, target TEXT NOT NULL, principal TEXT NOT NULL, "
    "program TEXT NOT NULL, owner TEXT NOT NULL, checksum INTEGER NOT NULL) "
    "STRICT, WITHOUT ROWID";

constexpr const char* columns =
    "name, object_id, interface, interface_hash, mode, tags, tags_kept, target, principal, "
    "program, owner, checksum";

std::string joined(const std::set<std::string>& tags) {
  std::string text;
  for (const auto& tag : tags)
    text += (text.empty() ? "" : ",") + tag;
  return text;
}

std::set<std::string> split(std::string_view text) {
  std::set<std::string> tags;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    tags.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tags;
}

/// SQLite notices when its own structures are damaged, not when a letter of a name is.
/// FNV-1a, 64 bits, over each field and its length.
class Checksum {
 public:
  Checksum& add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    for (const char c : text)
      mix(static_cast<unsigned char>(c));
    return *this;
  }
  Checksum& add(std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8)
      mix(static_cast<unsigned char>(number >> shift));
    return *this;
  }
  std::int64_t value() const noexcept { return static_cast<std::int64_t>(sum_); }

 private:
  void mix(unsigned char byte) noexcept { sum_ = (sum_ ^ byte) * 0x100000001b3U; }
  std::uint64_t sum_ = 0xcbf29ce484222325U;
};

std::int64_t checksum_of(const StoredName& name) {
  return Checksum()
      .add(name.name)
      .add(name.object_id)
      .add(name.interface)
      .add(std::uint64_t{name.interface_hash})
      .add(static_cast<std::uint64_t>(name.mode))
      .add(joined(name.tags))
      .add(std::uint64_t{name.tags_kept})
      .add(name.target)
      .add(name.holder.principal)
      .add(name.holder.program)
      .add(name.owner_text)
      .value();
}

StoredName read_row(const sqlite::Statement& row) {
  return {.name = row.text(0),
          .object_id = row.text(1),
          .interface = row.text(2),
          .interface_hash = static_cast<std::uint32_t>(row.number(3)),
          .mode = static_cast<NameMode>(row.number(4)),
          .tags = split(row.text(5)),
          .tags_kept = row.number(6) != 0,
          .target = row.text(7),
          .holder = {.principal = row.text(8), .program = row.text(9)},
          .owner_text = row.text(10)};
}

/// Whether a name server would take it, whatever its limits are.
bool is_sound(const StoredName& name, std::int64_t checksum) {
  if (checksum_of(name) != checksum) return false;
  RegistryLimits none;
  none.tags_per_name = none.text_length = std::numeric_limits<std::size_t>::max();
  LimitRefusals nobody_counts;
  try {
    check_offer({.name = name.name,
                 .object_id = name.object_id,
                 .tags = name.tags,
                 .interface = name.interface,
                 .mode = name.mode,
                 .target = name.target,
                 .durable = true},
                none, nobody_counts);
    if (!name.target.empty()) alias_of(name.target);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void make_store_file(const std::filesystem::path& file, std::span<const StoredName> names) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category());
  ::close(fd);
  sqlite::Database database(file.string(), sqlite::Database::Access::create);
  database.run("PRAGMA synchronous = FULL");
  sqlite::Transaction transaction(database);
  database.run(fmt::format("PRAGMA application_id = {}", application_id));
  database.run(fmt::format("PRAGMA user_version = {}", version));
  database.run(table);
  for (const auto& name : names)
    put_row(database, name);
  transaction.commit();
}

std::optional<std::string> fault_of(sqlite::Database& database) {
  if (database.number("PRAGMA application_id") != application_id)
    return "it is no store of rmi-broker";
  if (const auto found = database.number("PRAGMA user_version"); found != version)
    return fmt::format("it has version {}, this rmi-broker knows version {}{}", found, version,
                       found > version ? ": it was written by a newer one" : "");
  if (const auto text = database.text("PRAGMA quick_check(1)"); text != "ok") return text;
  if (database.text("SELECT group_concat(sql, ';') FROM sqlite_schema") != table)
    return "it holds other tables than those of rmi-broker";
  return std::nullopt;
}

void visit_rows(sqlite::Database& database, bool backwards,
                const std::function<void(const StoredName*)>& fn) {
  sqlite::Statement row(database, fmt::format("SELECT {} FROM names ORDER BY name {}", columns,
                                              backwards ? "DESC" : "ASC"));
  while (row.step()) {
    const StoredName name = read_row(row);
    fn(is_sound(name, row.number(11)) ? &name : nullptr);
  }
}

void put_row(const sqlite::Database& database, const StoredName& name) {
  const std::string tags = joined(name.tags);
  sqlite::Statement put(database,
                        fmt::format("INSERT OR REPLACE INTO names({}) VALUES(?1, ?2, ?3, ?4, ?5, "
                                    "?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                                    columns));
  put.bind(1, name.name)
      .bind(2, name.object_id)
      .bind(3, name.interface)
      .bind(4, std::int64_t{name.interface_hash})
      .bind(5, static_cast<std::int64_t>(name.mode))
      .bind(6, tags)
      .bind(7, std::int64_t{name.tags_kept})
      .bind(8, name.target)
      .bind(9, name.holder.principal)
      .bind(10, name.holder.program)
      .bind(11, name.owner_text)
      .bind(12, checksum_of(name));
  put.step();
}

void remove_row(const sqlite::Database& database, const std::string& name) {
  sqlite::Statement(database, "DELETE FROM names WHERE name = ?1").bind(1, name).step();
}

}  // namespace rmi::ns
