// Asks the kernel who we are.
#include "bus/identity.hpp"

#include <errno.h>
#include <unistd.h>

#include <array>

namespace rmi {

std::string program_name() {
  return program_invocation_short_name;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::uint32_t process_id() noexcept {
  return static_cast<std::uint32_t>(getpid());
}

std::string process_label(std::string_view program, std::uint32_t pid) {
  return std::string(program) + "[" + std::to_string(pid) + "]";
}

}  // namespace rmi
