// Dispatches calls of rmi.names and rmi.broker.
#include "ns/builtin_objects.hpp"

#include <utility>
#include <variant>

#include "bus/identity.hpp"
#include "bus/wire.hpp"

namespace rmi::ns {
namespace {

ServedObject::Place place(std::size_t max_message, const LogSink& log) {
  ServedObject::Place place;
  place.host = host_name();
  place.process = process_label(program_name(), process_id());
  place.max_reply = max_message;
  place.speaks_for_bus = true;
  place.log = log;
  return place;
}

}  // namespace

BuiltinObjects::BuiltinObjects(Registry& registry, Routing& routing, ControlObject::Facts facts,
                               std::size_t max_message, const LogSink& log)
    : names_(std::make_shared<NamesObject>(registry, routing)),
      control_(std::make_shared<ControlObject>(routing, registry, facts)),
      served_names_("rmi.names", detail::describe<Names>(std::shared_ptr<Names>(names_)),
                    place(max_message, log)),
      served_control_("rmi.broker",
                      detail::describe<BrokerControl>(std::shared_ptr<BrokerControl>(control_)),
                      place(max_message, log)) {
  enter(registry, served_names_, facts);
  enter(registry, served_control_, facts);
}

void BuiltinObjects::enter(Registry& registry, const ServedObject& object,
                           const ControlObject::Facts& facts) {
  registry.enter_builtin(facts.process,
                         {.name = object.name(),
                          .interface = object.interface(),
                          .interface_hash = object.interface_hash()},
                         facts.start);
}

LocalObjects::Result BuiltinObjects::call(const LocalCaller& caller, Frame& request) {
  names_->set_caller(caller);
  control_->set_caller(caller);
  const auto view = std::get<wire::View>(wire::parse(std::as_const(request).bytes()));
  ServedObject& object = view.object == served_names_.name() ? served_names_ : served_control_;
  Result result;
  try {
    result.answer = object.dispatch(view);
  } catch (const Postponed& postponed) {
    result.wait_for = postponed.until_name;
  }
  return result;
}

}  // namespace rmi::ns
