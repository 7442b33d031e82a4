// Notes that travel with a call and with its answer, beside the arguments.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rmi {

/// Key to bytes. Keys have 1 to 255 bytes; those that begin with `rmi.` belong to the bus. Nobody
/// on the way reads, changes or drops the others.
using Annotations = std::map<std::string, std::vector<std::byte>, std::less<>>;

/// A note that is text: `{{"user", rmi::to_bytes("Rashmi")}}`.
inline std::vector<std::byte> to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
inline std::string to_text(std::span<const std::byte> note) {
  return {reinterpret_cast<const char*>(note.data()), note.size()};
}

}  // namespace rmi
