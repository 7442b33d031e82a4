// How error texts name a call.
#pragma once

#include <string>

#include "bus/name_rules.hpp"
#include "bus/wire.hpp"
#include "ns/call_table.hpp"

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

}  // namespace rmi::ns
