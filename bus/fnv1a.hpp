// A hash that any language has in five lines.
#pragma once

#include <cstdint>
#include <string_view>

namespace rmi {

/// FNV-1a, 32 bits: G. Fowler, L. C. Noll, K.-P. Vo, draft-eastlake-fnv. No protection against a
/// peer that wants a collision.
constexpr std::uint32_t fnv1a(std::string_view text) noexcept {
  std::uint32_t hash = 2166136261U;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace rmi
