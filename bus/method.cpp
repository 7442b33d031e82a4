// Checks of what RMI_INTERFACE was given beside the methods themselves.
#include <rmi/detail/method.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace rmi::detail {

void check_extras(const MethodEntry& method, std::size_t parameters) {
  if (method.parameters.size() > parameters)
    throw std::logic_error(
        fmt::format("RMI_INTERFACE: rmi::params of '{}' names {} parameters, the method has {}",
                    method.name, method.parameters.size(), parameters));
}

}  // namespace rmi::detail
