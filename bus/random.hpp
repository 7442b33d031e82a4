// Random numbers that nobody can guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rmi {

/// @throws std::system_error  the kernel has none.
std::string random_bytes(std::size_t size);
std::uint64_t random_number();

}  // namespace rmi
