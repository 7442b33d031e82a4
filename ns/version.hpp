// The version that this broker reports.
#pragma once

#include <string_view>

namespace rmi::ns {

inline constexpr std::string_view version = RMI_VERSION;

}  // namespace rmi::ns
