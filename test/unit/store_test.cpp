// The file of durable names: what is written is there, and what is damaged is refused.
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "ns/store_table.hpp"
#include "store_files.hpp"

using namespace rmi;
using namespace rmi::ns;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;
using Kept = std::vector<StoredName>;

namespace {

/// Runs it in a process of its own. @return what it returns, or -1 if it crashed.
template <class Fn>
int in_child(Fn&& fn) {
  const pid_t child = fork();
  if (child == 0) {
    int result = 99;
    try {
      result = fn();
    } catch (...) {
    }
    _exit(result);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string refusal(const fs::path& file) {
  try {
    Store store(file);
    return "not refused";
  } catch (const StoreError& error) {
    return error.what();
  }
}

/// A damaged file may open only with exactly what was in it, and is not changed by a refusal.
void opens_whole_or_not_at_all(const StoreBench& bench, const Kept& whole) {
  const std::string before = bench.bytes();
  try {
    const Kept found = bench.names();
    CHECK(found == whole);
  } catch (const StoreError& error) {
    const std::string text = error.what();
    CHECK_THAT(text, Contains(bench.file.string()));
    CHECK_THAT(text, Contains("rmi-broker --store '" + bench.file.string() + "' --salvage"));
    CHECK(bench.bytes() == before);
  }
}

}  // namespace

TEST_CASE("a store that is not there is made, and is its owner's alone") {
  const StoreBench bench;
  CHECK(bench.names().empty());
  struct stat status {};
  REQUIRE(stat(bench.file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("what is put into a store is there when it is opened again, with all its fields") {
  const StoreBench bench;
  const auto full = StoreBench::name("shop");
  StoredName alias{.name = "\xc3\xa4 \xe2\x82\xac", .object_id = "x", .target = "rminame:shop"};
  {
    Store store(bench.file);
    store.apply(StoreChanges{{.name = full.name, .put = full}, {.name = alias.name, .put = alias}});
  }
  CHECK(bench.names() == Kept{full, alias});
}

TEST_CASE("a change replaces a name, and another removes it") {
  const StoreBench bench;
  bench.fill(3);
  Store(bench.file)
      .apply(StoreChanges{StoreBench::put("name 1", {"new"}), StoreBench::removed("name 2"),
                          StoreBench::removed("never there")});
  CHECK(bench.names() == Kept{StoreBench::name("name 0"), StoreBench::name("name 1", {"new"})});
}

TEST_CASE("two brokers cannot have the same store") {
  const StoreBench bench;
  const Store store(bench.file);
  CHECK_THAT(refusal(bench.file), Contains(bench.file.string()) && Contains("in use"));
  CHECK_THROWS_WITH(salvage_store(bench.file), Contains("stop its broker first"));
  CHECK_FALSE(fs::exists(bench.beside(".damaged-1")));
}

TEST_CASE("a store is found to be damaged, or is whole, wherever a bit of it flips") {
  const StoreBench bench;
  bench.fill(60);
  const std::string bytes = bench.bytes();
  const Kept whole = bench.names();
  REQUIRE(bytes.size() > 8192);
  const unsigned seed = 20261;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = bytes;
    // The header and the schema are where the odd things happen.
    const auto range = round % 3 == 0 ? std::size_t{512} : bytes.size();
    const std::size_t at = random() % range;
    damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ 1U << random() % 8);
    CAPTURE(at);
    bench.write(damaged);
    opens_whole_or_not_at_all(bench, whole);
    fs::remove(log_of(bench.file));
  }
}

TEST_CASE("a store that was cut off is refused, also when nothing is left") {
  const StoreBench bench;
  bench.fill(60);
  const std::string bytes = bench.bytes();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{99}, std::size_t{100},
                                 std::size_t{4096}, bytes.size() - 4096, bytes.size() - 1}) {
    CAPTURE(size);
    bench.write(bytes.substr(0, size));
    CHECK_THAT(refusal(bench.file), Contains("--salvage"));
    CHECK(bench.bytes().size() == size);
  }
}

TEST_CASE("a store of a newer version, or of somebody else, is refused and stays as it is") {
  const StoreBench bench;
  const auto change = [&](const std::string& sql) {
    sqlite::Database(bench.file.string(), sqlite::Database::Access::create).run(sql);
  };
  bench.fill(1);
  change("PRAGMA user_version = 7");
  CHECK_THAT(refusal(bench.file), Contains("version 7") && Contains("written by a newer one"));
  change("PRAGMA user_version = 1; CREATE TRIGGER t AFTER INSERT ON names BEGIN SELECT 1; END");
  CHECK_THAT(refusal(bench.file), Contains("other tables"));
  fs::remove(bench.file);
  change("CREATE TABLE mine(a)");
  CHECK_THAT(refusal(bench.file), Contains("no store of rmi-broker"));
  bench.write("this is a text, and no database at all; it is long enough for a header, though");
  CHECK_THAT(refusal(bench.file), Contains(bench.file.string()));
  fs::remove(bench.file);
  fs::create_directory(bench.file);
  CHECK_THAT(refusal(bench.file), Contains("no regular file"));
}

TEST_CASE("a store without its file is not taken for a new one while its log is there") {
  const StoreBench bench;
  std::ofstream(log_of(bench.file)) << "something";
  CHECK_THAT(refusal(bench.file), Contains("missing") && Contains("-wal"));
  CHECK_THAT(salvage_store(bench.file), Contains("0 names"));
  CHECK(fs::exists(bench.beside(".damaged-1-wal")));
  CHECK(bench.names().empty());
}

TEST_CASE("a name whose text was changed on disk is noticed") {
  const StoreBench bench;
  bench.fill(20);
  std::string bytes = bench.bytes();
  const auto at = bytes.find("object of name 7");
  REQUIRE(at != std::string::npos);
  bytes[at] = 'O';
  bench.write(bytes);
  CHECK_THAT(refusal(bench.file), Contains("the name after 'name 6' is damaged"));
}

TEST_CASE("salvage keeps the damaged file and saves all names that can be read") {
  const StoreBench bench;
  bench.fill(60);
  const std::string whole = bench.bytes();
  std::string bytes = whole;
  bytes[bytes.find("object of name 7")] = 'O';
  bench.write(bytes);
  const auto text = salvage_store(bench.file);
  CHECK_THAT(text, Contains("59 names") && Contains("1 were damaged") &&
                       Contains(bench.beside(".damaged-1").string()));
  CHECK(StoreBench::bytes_of(bench.beside(".damaged-1")) == bytes);
  CHECK(bench.names().size() == 59);

  bytes = whole;
  for (std::size_t at = 2 * 4096; at < 3 * 4096; ++at)
    bytes[at] = '\x55';
  bench.write(bytes);
  CHECK_THAT(refusal(bench.file), Contains("--salvage"));
  CHECK_THAT(salvage_store(bench.file), Contains("a part of it could not be read"));
  CHECK(StoreBench::bytes_of(bench.beside(".damaged-2")) == bytes);
  CHECK_FALSE(bench.names().empty());
}

TEST_CASE("a full disk refuses a change, which leaves no trace, and reading goes on") {
  const StoreBench bench;
  bench.fill(3);
  const auto whole = bench.names();
  const int result = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    Store store(bench.file);
    const rlimit limit{.rlim_cur = 16 * 1024, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    StoreChanges many;
    for (int number = 0; number < 500; ++number)
      many.push_back(StoreBench::put("more " + std::to_string(number)));
    std::string text;
    try {
      store.apply(many);
    } catch (const StoreError& error) {
      text = error.what();
    }
    if (text.find(bench.file.string()) == std::string::npos) return 1;
    if (text.find("cannot be written") == std::string::npos) return 2;
    const rlimit none{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &none);
    store.apply(StoreChanges{StoreBench::put("name 3")});  // there is room again
    return 0;
  });
  CHECK(result == 0);
  auto wanted = whole;
  wanted.push_back(StoreBench::name("name 3"));
  CHECK(bench.names() == wanted);
}

TEST_CASE("a store that cannot be written can be read, also what is in its log alone") {
  const StoreBench bench;
  bench.fill(3);
  // Ends without closing the file, so that the last change is in the log.
  const int left = in_child([&] {
    auto* store = new Store(bench.file);
    store->apply(StoreChanges{StoreBench::put("name 3")});
    return 0;
  });
  REQUIRE(left == 0);
  REQUIRE(fs::file_size(log_of(bench.file)) > 0);
  constexpr auto read = static_cast<fs::perms>(0444);
  constexpr auto search = static_cast<fs::perms>(0555);
  fs::permissions(bench.file, read);
  fs::permissions(log_of(bench.file), read);
  fs::permissions(bench.folder.path(), search);
  const int result = in_child([&] {
    constexpr uid_t somebody = 65534;
    if (geteuid() == 0 && setuid(somebody) != 0) return 1;  // root may write everything
    Store store(bench.file);
    if (!store.is_read_only()) return 2;
    if (store.names().size() != 4) return 3;
    try {
      store.apply(StoreChanges{StoreBench::put("x")});
    } catch (const StoreError& error) {
      return std::string(error.what()).find("read only") == std::string::npos ? 4 : 0;
    }
    return 5;
  });
  CHECK(result == 0);
  fs::permissions(bench.folder.path(), fs::perms::owner_all);
}
