// The broker's own objects, served by the same code as everybody's.
#pragma once

#include <memory>
#include <string>

#include <rmi/log.hpp>

#include "daemon/object.hpp"
#include "ns/control_object.hpp"
#include "ns/names_object.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Thread safety: one thread at a time.
class BuiltinObjects final : public LocalObjects {
 public:
  /// Enters `rmi.names` and `rmi.broker` into the registry. Borrows registry and routing.
  BuiltinObjects(Registry& registry, Routing& routing, ControlObject::Facts facts,
                 std::size_t max_message, const LogSink& log);

  Result call(const LocalCaller& caller, Frame& request) override;

 private:
  void enter(Registry& registry, const ServedObject& object, const ControlObject::Facts& facts);

  const std::shared_ptr<NamesObject> names_;
  const std::shared_ptr<ControlObject> control_;
  ServedObject served_names_;
  ServedObject served_control_;
};

}  // namespace rmi::ns
