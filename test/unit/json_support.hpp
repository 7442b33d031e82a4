// Ways to convert one C++ value, for the tests of JSON.
#pragma once

#include <cereal/archives/binary.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <rmi/reflect.hpp>

#include "bus/json.hpp"
#include "unit/sample_types.hpp"

namespace rmi {

/// What cereal itself writes.
template <class... T>
std::vector<std::byte> cereal_bytes(const T&... values) {
  std::ostringstream out;
  {
    cereal::BinaryOutputArchive archive(out);
    archive(values...);
  }
  const std::string text = out.str();
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

}  // namespace rmi
