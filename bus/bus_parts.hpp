// A bus and what its daemon, if it has one, wants to hear from it.
#pragma once

#include <functional>
#include <string>

#include <rmi/bus.hpp>

#include "bus/connection.hpp"
#include "bus/sessions.hpp"

namespace rmi {

struct Bus::Parts {
  Bus::Options options;  ///< complete
  SessionHooks hooks;
  std::function<void(Host& host, const std::string& object)> on_drain{};  ///< see Host::Options
  std::function<void(const Welcome&)> ready;
  std::function<SteadyTime(SteadyTime now)> tick;
};

}  // namespace rmi
