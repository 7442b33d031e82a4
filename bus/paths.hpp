// Ways to an object that do not lead through the broker.
#pragma once

#include <optional>
#include <string_view>

#include <rmi/path.hpp>

#include "bus/connection.hpp"

namespace rmi {

class Bus;

/// Makes the call on another way, if there is one. @return the reply; nothing when it must go
/// through the broker. @throws as Connection::call().
std::optional<Frame> call_by_path(Bus& bus, Path path, const CallSpec& spec,
                                  detail::FunctionRef<void(std::span<std::byte>)> encode);

/// Whether a call on that path would stay in this process.
bool stays_in_process(Bus& bus, Path path, std::string_view object);

/// Whether the answer says that the object is not served in this process any more: others may
/// serve it.
bool left_this_process(const Frame& answer);

/// Hands a oneway to a host of this process. @return false when there is none.
bool post_in_process(Bus& bus, Path path, const CallSpec& spec,
                     detail::FunctionRef<void(std::span<std::byte>)> encode);

}  // namespace rmi
