// Choosing the way of a call.
#include "bus/paths.hpp"

#include <exception>
#include <optional>
#include <utility>

#include <rmi/bus.hpp>
#include <rmi/errors.hpp>

#include "bus/control.hpp"
#include "bus/direct.hpp"
#include "bus/exceptions.hpp"
#include "bus/host.hpp"
#include "bus/local_calls.hpp"
#include "bus/request.hpp"

namespace rmi {
namespace {

bool prefers_in_process(Path path) {
  return path == Path::in_process || path == Path::nearest;
}

/// Instances, references and hooks go by the caller's session, on every path.
void require_session(Bus& bus, const CallSpec& spec, SteadyTime deadline) {
  if (bus.host().own_session_by(deadline) == 0) bus.connection().throw_not_connected(spec);
}

std::optional<Frame> call_in_process(Bus& bus, const CallSpec& spec, detail::Encode encode) {
  std::optional<Frame> reply;
  bool answered = false;
  const SteadyTime deadline = spec.ends();
  const bool here = LocalHosts::of_process().with(bus.broker(), spec.object, [&](Host& host) {
    require_session(bus, spec, deadline);
    Frame request = build_request(spec, encode, remaining_for_server(deadline, spec.timeout));
    reply = host.local_calls().call(std::move(request), deadline, bus.host().own_session());
    answered = reply.has_value();
  });
  if (!here) return std::nullopt;
  if (!answered) bus.connection().throw_timeout(spec);
  if (left_this_process(*reply)) return std::nullopt;
  const auto view = std::get<wire::View>(wire::parse(std::as_const(*reply).bytes()));
  if (view.header.kind != wire::Kind::error) return reply;
  throw_error(read_error(view.payload));
}

/// Straight to the daemon or over a lane of the broker, and over the connection to the broker when
/// that way does not take it.
Frame call_over_link(Bus& bus, Path path, const CallSpec& spec, detail::Encode encode) {
  bool may_have_run = false;
  if (const auto link = bus.direct().to_object(spec.object, path, spec.ends())) {
    CallSpec straight = spec;
    straight.may_leave = true;
    try {
      return link->connection().call(straight, encode);
    } catch (const Error& error) {
      if (!leads_to_broker(link->connection(), spec, error)) throw;
      may_have_run = error.outcome() != Outcome::not_executed;  // before it was made again
    }
    bus.direct().forget(spec.object);
  }
  try {
    const auto trail = bus.direct().trail(spec.object, true);
    Frame reply = bus.connection().call(spec, encode);
    if (trail) trail->answered();
    return reply;
  } catch (...) {
    if (may_have_run) std::rethrow_exception(in_doubt(std::current_exception()));
    throw;
  }
}

/// @return false when no host of this process serves the object.
bool post_in_process(Bus& bus, const CallSpec& spec, detail::Encode encode) {
  const SteadyTime deadline = spec.ends();
  return LocalHosts::of_process().with(bus.broker(), spec.object, [&](Host& host) {
    require_session(bus, spec, deadline);
    Frame request = build_request(spec, encode, remaining_for_server(deadline, spec.timeout));
    wire::set_session(request, bus.host().own_session());
    host.take_from(host.local_calls(), std::move(request), 0);
  });
}

}  // namespace

bool stays_in_process(Bus& bus, Path path, std::string_view object) {
  return prefers_in_process(path) &&
         LocalHosts::of_process().with(bus.broker(), object, [](Host&) {});
}

bool prefers_direct(Path path) noexcept {
  return path == Path::direct || path == Path::nearest;
}

bool leads_to_broker(const Connection& link, const CallSpec& spec, const Error& error) noexcept {
  if (error.outcome() == Outcome::executed) return false;
  if (error.outcome() == Outcome::unknown && !spec.repeat_if_lost) return false;
  switch (error.code()) {
    case ErrorCode::not_connected:
    case ErrorCode::name_not_found:
      return true;
    case ErrorCode::draining:
    case ErrorCode::overloaded:        // the daemon is, or it has gone and takes nothing more
      return !link.options().to_lane;  // which speaks for the broker
    default:
      return false;
  }
}

bool left_this_process(const Frame& answer) {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  if (view.header.kind != wire::Kind::error) return false;
  const auto code = read_error(view.payload).code;
  return code == static_cast<std::uint8_t>(ErrorCode::name_not_found) ||
         code == static_cast<std::uint8_t>(ErrorCode::draining);
}

Frame call_by_path(Bus& bus, Path path, CallSpec spec, detail::Encode encode) {
  if (path == Path::brokered && !bus.direct().any_lanes())
    return bus.connection().call(spec, encode);
  spec.deadline = spec.ends();  // for all attempts
  if (prefers_in_process(path))
    if (auto reply = call_in_process(bus, spec, encode)) return std::move(*reply);
  return call_over_link(bus, path, spec, encode);
}

void post_by_path(Bus& bus, Path path, CallSpec spec, detail::Encode encode) {
  if (path == Path::brokered && !bus.direct().any_lanes())
    return bus.connection().call_oneway(spec, encode);
  spec.deadline = spec.ends();
  if (prefers_in_process(path) && post_in_process(bus, spec, encode)) return;
  if (const auto link = bus.direct().to_object(spec.object, path, *spec.deadline)) {
    CallSpec straight = spec;
    straight.may_leave = true;
    try {
      return link->connection().call_oneway(straight, encode);
    } catch (const NotConnected&) {
      bus.direct().forget(spec.object);
    }
  }
  bus.direct().note_oneway(spec.object);
  bus.connection().call_oneway(spec, encode);
}

}  // namespace rmi
