// How texts name a call, and names.
#pragma once

#include <string>

#include "bus/name_rules.hpp"
#include "bus/wire.hpp"
#include "ns/call_table.hpp"
#include "ns/registry.hpp"

namespace rmi::ns {

/// 'server.welcome_message'
inline std::string call_text(std::string_view object, std::string_view method) {
  return quoted(std::string(object) + "." + std::string(method));
}
inline std::string call_text(const wire::View& view) {
  return call_text(view.object, view.method);
}
inline std::string call_text(const Call& call) {
  return call_text(call.registration->name, call.method.view());
}

/// "the call 'server.welcome_message' was not sent"
inline std::string not_sent(const wire::View& view) {
  return "the call " + call_text(view) + " was not sent";
}

/// "'a', 'b' and 3 more", or "none"
std::string names_text(const Registry::Registrations& registrations);

}  // namespace rmi::ns
