// Dispatches calls of rmi.names and rmi.broker.
#include "ns/builtin_objects.hpp"

#include <iterator>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <rmi/archive.hpp>

#include "bus/control.hpp"
#include "bus/identity.hpp"
#include "bus/name_rules.hpp"
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

/// Another signature is refused as that of any method.
bool opens_watch(const wire::View& call) {
  return call.object == "rmi.names" && call.method == "watch" &&
         call.header.signature == detail::Signed<&Names::watch>::hash();
}

}  // namespace

BuiltinObjects::BuiltinObjects(Registry& registry, Routing& routing, ControlObject::Facts facts,
                               const Limits& limits, const LogSink& log, NameStore* store)
    : registry_(registry),
      routing_(routing),
      sources_(registry, limits.registry, limits.names_watch),
      names_(std::make_shared<NamesObject>(
          registry, routing, store == nullptr ? nullptr : &durable_.emplace(*store, limits.store),
          facts.visit_others)),
      control_(
          std::make_shared<ControlObject>(routing, registry, facts, limits,
                                          [this](LimitReport& report) { report_limits(report); })),
      served_names_("rmi.names", detail::describe<Names>(std::shared_ptr<Names>(names_)),
                    place(limits.max_message, log)),
      served_control_("rmi.broker",
                      detail::describe<BrokerControl>(std::shared_ptr<BrokerControl>(control_)),
                      place(limits.max_message, log)) {
  enter(registry, served_names_, facts);
  enter(registry, served_control_, facts);
  if (store != nullptr) load(*store, facts, log);
}

void BuiltinObjects::load(NameStore& store, const ControlObject::Facts& facts, const LogSink& log) {
  StoreChanges changes;
  for (auto& name : store.take_loaded())
    changes.push_back({.name = name.name, .put = std::move(name)});
  registry_.apply(changes, facts.start);
  if (log)
    log({LogLevel::info, "names-loaded", fmt::format("{} durable names are kept", changes.size())});
}

void BuiltinObjects::enter(Registry& registry, const ServedObject& object,
                           const ControlObject::Facts& facts) {
  registry.enter_builtin(facts.process,
                         {.name = object.name(),
                          .interface = object.interface(),
                          .interface_hash = object.interface_hash()},
                         facts.start);
}

/// The stream that this method returns is a source of the broker, which needs no host.
Frame BuiltinObjects::watch(const LocalCaller& caller, const wire::View& request) {
  const auto refusal = [&](ErrorCode code, const std::string& text) {
    return make_error({.call_id = request.header.call_id}, code, Outcome::not_executed, text);
  };
  try {
    NameFilter filter;
    decode(request.payload, {}, filter);
    const std::string source = sources_.open(caller, filter);
    Frame reply = wire::build({.kind = wire::Kind::reply, .call_id = request.header.call_id}, {},
                              {}, encoded_size(source));
    encode(wire::payload_of(reply), source);
    return reply;
  } catch (const DecodeError& error) {
    return refusal(
        ErrorCode::bad_arguments,
        fmt::format("the arguments of rmi.names.watch cannot be decoded: {}", error.what()));
  } catch (const Error& error) {
    return refusal(error.code(), error.what());
  }
}

Frame BuiltinObjects::dispatch(const LocalCaller& caller, const wire::View& view) {
  names_->set_caller(caller);
  control_->set_caller(caller);
  ServedObject& object = view.object == served_names_.name() ? served_names_ : served_control_;
  return opens_watch(view) ? watch(caller, view) : object.dispatch(view);
}

LocalObjects::Result BuiltinObjects::call(const LocalCaller& caller, Frame& request) {
  const auto view = std::get<wire::View>(wire::parse(std::as_const(request).bytes()));
  if (is_private(view.object)) return sources_.call(caller, view);
  Result result;
  try {
    result.answer = dispatch(caller, view);
  } catch (const Postponed& postponed) {
    if (durable_ && durable_->put_aside(caller, request)) {
      result.later = true;
    } else {
      result.wait_for = postponed.until_name;
    }
  }
  return result;
}

std::vector<LocalObjects::Answer> BuiltinObjects::take_answers(Time now) {
  std::vector<Answer> answers;
  if (durable_)
    answers = durable_->take_answers(
        now,
        [this](const LocalCaller& caller, const Frame& request) {
          return dispatch(caller, std::get<wire::View>(wire::parse(request.bytes())));
        },
        [&](const StoreChanges& changes) {
          routing_.removed(registry_.apply(changes, now), "the store");
        });
  auto chunks = sources_.take_answers(now);
  if (answers.empty()) return chunks;
  std::move(chunks.begin(), chunks.end(), std::back_inserter(answers));
  return answers;
}

bool BuiltinObjects::cancel(Peer peer, std::uint64_t call_id) {
  return sources_.cancel(peer, call_id) || (durable_ && durable_->cancel(peer, call_id));
}

void BuiltinObjects::ended(Peer peer) {
  sources_.ended(peer);
  if (durable_) durable_->ended(peer);
}

}  // namespace rmi::ns
