// Store files for tests, in a folder that goes with the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "ns/store.hpp"
#include "ns/store_files.hpp"

namespace rmi::ns {

struct StoreBench {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "names.store";

  static StoredName name(const std::string& text,
                         const std::set<std::string>& tags = {"a", "b c"}) {
    return {.name = text,
            .object_id = "object of " + text,
            .interface = "Shop",
            .interface_hash = 0xfedcba98,
            .mode = NameMode::replace,
            .tags = tags,
            .tags_kept = true,
            .target = {},
            .holder = {.principal = "uid:1000", .program = "shop"},
            .owner_text = "shop[12] on alpha"};
  }
  static StoreChange put(const std::string& text,
                         const std::set<std::string>& tags = {"a", "b c"}) {
    return {.name = text, .put = name(text, tags)};
  }
  static StoreChange removed(const std::string& text) { return {.name = text, .put = {}}; }

  /// Fills the file with so many names, several pages of them.
  void fill(std::size_t names) const {
    Store store(file);
    StoreChanges changes;
    for (std::size_t number = 0; number < names; ++number)
      changes.push_back(put("name " + std::to_string(number)));
    store.apply(changes);
  }
  std::vector<StoredName> names() const { return Store(file).names(); }

  std::string bytes() const { return bytes_of(file); }
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) const {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::filesystem::path beside(const std::string& ending) const { return file.string() + ending; }
};

}  // namespace rmi::ns
