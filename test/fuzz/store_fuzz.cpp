// Opens any bytes as a store: it is refused, or can be read and written; and it can be salvaged.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "ns/store.hpp"
#include "ns/store_files.hpp"

namespace {

using rmi::ns::Store;
using rmi::ns::StoreChanges;
using rmi::ns::StoreError;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "store_fuzz: %s\n", what);
  std::abort();
}

/// @return whether it could be opened.
bool open_and_change(const std::filesystem::path& file) {
  const rmi::ns::StoredName added{.name = "added", .object_id = "added"};
  std::size_t names = 0;
  try {
    Store store(file);
    names = store.names().size();
    store.apply(StoreChanges{{.name = "added", .put = added}});
  } catch (const StoreError&) {
    return false;
  }
  const auto again = Store(file).names();
  if (again.size() != names && again.size() != names + 1) fail("a change changed other names");
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const rmi::ns::TemporaryFolder folder;
  const auto file = folder.path() / "store";
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::ofstream(file, std::ios::binary) << bytes;
  if (open_and_change(file)) return 0;
  rmi::ns::salvage_store(file);
  if (!open_and_change(file)) fail("a salvaged store is refused");
  if (!std::filesystem::exists(file.string() + ".damaged-1")) fail("no copy was kept");
  return 0;
}
