// What both ends know about a broker of several lanes: where they listen, and what goes over which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bus/fnv1a.hpp"

namespace rmi {

/// More routing threads than this in one broker are a mistake.
inline constexpr std::size_t most_broker_lanes = 64;

/// Which lane carries the calls of a name. The first one, 0, can carry all of them.
constexpr std::uint32_t lane_of(std::string_view name, std::uint32_t lanes) noexcept {
  return fnv1a(name) % lanes;
}

/// Where a lane listens: of tcp as many ports after that of the first lane; of ipc at its path with
/// ".1", ".2" and so on behind it.
/// @throws UriError  there is no such port, or the path is too long.
std::string lane_endpoint(const std::string& first, std::uint32_t lane);

}  // namespace rmi
