// Who this process is, as others see it in listings, logs and remote exceptions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rmi {

/// Name of this program's file, without its folder.
std::string program_name();
std::string host_name();
std::uint32_t process_id() noexcept;
/// "greeter[4711]"
std::string process_label(std::string_view program, std::uint32_t pid);

}  // namespace rmi
