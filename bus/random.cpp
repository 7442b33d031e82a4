// Random bytes from getrandom, all that were asked for.
#include "bus/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace rmi {

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  // Up to 256 bytes come whole or not at all.
  if (getrandom(bytes.data(), size, 0) != static_cast<ssize_t>(size))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  return bytes;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  std::memcpy(&number, random_bytes(sizeof number).data(), sizeof number);
  return number;
}

}  // namespace rmi
