// A process that dies at any write of a commit leaves the old names or the new ones.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <new>

#include "store_files.hpp"

using namespace rmi::ns;
using Names = std::vector<StoredName>;

namespace {

// SQLite's way to the disk, with a count: the process ends at the write, sync or cut whose turn it
// is, and half of a write is done. As the tests run it in a child of its own, it may be global.
struct Counted {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
long left_until_crash = 0;
sqlite3_vfs* real_vfs = nullptr;

bool crash_now() {
  return --left_until_crash == 0;
}
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<Counted*>(file)->real();
}
const sqlite3_io_methods& calls(sqlite3_file* file) {
  return *real(file)->pMethods;
}

int counted_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  if (crash_now()) {
    calls(file).xWrite(real(file), data, size / 2, at);
    _exit(0);
  }
  return calls(file).xWrite(real(file), data, size, at);
}
int counted_sync(sqlite3_file* file, int flags) {
  if (crash_now()) _exit(0);
  return calls(file).xSync(real(file), flags);
}
int counted_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (crash_now()) _exit(0);
  return calls(file).xTruncate(real(file), size);
}

const sqlite3_io_methods& counted_methods() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made{};
    made.iVersion = 1;
    made.xClose = [](sqlite3_file* f) { return calls(f).xClose(real(f)); };
    made.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      return calls(f).xRead(real(f), to, size, at);
    };
    made.xWrite = counted_write;
    made.xTruncate = counted_truncate;
    made.xSync = counted_sync;
    made.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return calls(f).xFileSize(real(f), size);
    };
    made.xLock = [](sqlite3_file* f, int kind) { return calls(f).xLock(real(f), kind); };
    made.xUnlock = [](sqlite3_file* f, int kind) { return calls(f).xUnlock(real(f), kind); };
    made.xCheckReservedLock = [](sqlite3_file* f, int* is) {
      return calls(f).xCheckReservedLock(real(f), is);
    };
    made.xFileControl = [](sqlite3_file* f, int what, void* argument) {
      return calls(f).xFileControl(real(f), what, argument);
    };
    made.xSectorSize = [](sqlite3_file* f) { return calls(f).xSectorSize(real(f)); };
    made.xDeviceCharacteristics = [](sqlite3_file* f) {
      return calls(f).xDeviceCharacteristics(real(f));
    };
    return made;
  }();
  return methods;
}

void crash_at(long number) {
  left_until_crash = number;
  real_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *real_vfs;
  vfs.zName = "crashing";
  vfs.szOsFile = static_cast<int>(sizeof(Counted)) + real_vfs->szOsFile;
  vfs.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* counted = new (file) Counted{};
    const int code = real_vfs->xOpen(real_vfs, name, counted->real(), flags, out);
    file->pMethods = counted->real()->pMethods == nullptr ? nullptr : &counted_methods();
    return code;
  };
  vfs.xDelete = [](sqlite3_vfs*, const char* name, int sync) {
    if (crash_now()) _exit(0);
    return real_vfs->xDelete(real_vfs, name, sync);
  };
  sqlite3_vfs_register(&vfs, 1);
}

/// @return whether the process crashed at that operation, rather than coming to its end before.
template <class Fn>
bool crashes_at(long number, Fn&& fn) {
  const pid_t child = fork();
  if (child == 0) {
    crash_at(number);
    try {
      fn();
    } catch (const std::exception&) {
      _exit(2);
    }
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 2);
  return WEXITSTATUS(status) == 0;
}

constexpr long end_of_patience = 10'000;

/// Dies at each operation in turn. @return how many there were.
template <class Prepare, class Change, class Check>
long crash_everywhere(Prepare&& prepare, Change&& change, Check&& check) {
  for (long number = 1; number < end_of_patience; ++number) {
    const StoreBench bench;
    prepare(bench);
    const bool crashed = crashes_at(number, [&] { change(bench); });
    CAPTURE(number);
    check(bench, crashed);
    if (!crashed) return number - 1;
  }
  return end_of_patience;
}

}  // namespace

TEST_CASE("dying at any write of a commit leaves the old names or the new ones") {
  const Names before{StoreBench::name("name 0"), StoreBench::name("name 1"),
                     StoreBench::name("name 2")};
  Names after;
  const auto change = [](const StoreBench& bench) {
    Store store(bench.file);
    StoreChanges changes{StoreBench::removed("name 0"), StoreBench::put("name 1", {"changed"})};
    for (int number = 0; number < 60; ++number)  // several pages
      changes.push_back(StoreBench::put("new " + std::to_string(number)));
    store.apply(changes);
  };
  {
    const StoreBench bench;
    bench.fill(3);
    change(bench);
    after = bench.names();
    REQUIRE(after.size() == 62);
  }
  std::size_t seen_before = 0;
  std::size_t seen_after = 0;
  const long operations = crash_everywhere([](const StoreBench& bench) { bench.fill(3); }, change,
                                           [&](const StoreBench& bench, bool crashed) {
                                             const Names found = bench.names();
                                             CHECK((found == before || found == after));
                                             if (!crashed) CHECK(found == after);
                                             ++(found == before ? seen_before : seen_after);
                                           });
  CHECK(operations > 10);
  CHECK(operations < end_of_patience);
  CHECK(seen_before > 5);
  CHECK(seen_after > 1);
}

TEST_CASE("dying while a store is made leaves none, or an empty one") {
  const long operations = crash_everywhere(
      [](const StoreBench&) {}, [](const StoreBench& bench) { Store s(bench.file); },
      [](const StoreBench& bench, bool) { CHECK(bench.names().empty()); });
  CHECK(operations > 3);
}

TEST_CASE("dying while a store is salvaged loses nothing that could be read") {
  const long operations = crash_everywhere(
      [](const StoreBench& bench) {
        bench.fill(20);
        std::string bytes = bench.bytes();
        bytes[bytes.find("object of name 7")] = 'O';
        bench.write(bytes);
      },
      [](const StoreBench& bench) { salvage_store(bench.file); },
      [](const StoreBench& bench, bool crashed) {
        if (crashed) salvage_store(bench.file);
        CHECK(bench.names().size() == 19);
        CHECK(std::filesystem::exists(bench.beside(".damaged-1")));
      });
  CHECK(operations > 3);
}
