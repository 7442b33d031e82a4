// Choosing the way of a call.
#include "bus/paths.hpp"

#include <algorithm>

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
  return path == Path::in_process || path == Path::shortest;
}

/// Instances, references and hooks go by the caller's session, on every path.
void require_session(Bus& bus, const CallSpec& spec, SteadyTime deadline) {
  if (bus.host().own_session_by(deadline) == 0) bus.connection().throw_not_connected(spec);
}

std::optional<Frame> call_in_process(Bus& bus, const CallSpec& spec, detail::Encode encode) {
  std::optional<Frame> reply;
  bool answered = false;
  const SteadyTime deadline = std::chrono::steady_clock::now() + spec.timeout;
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

/// Straight to the daemon. What surely did not run there goes through the broker.
std::optional<Frame> call_direct(Bus& bus, CallSpec spec, detail::Encode encode) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + spec.timeout;
  const auto link = bus.direct().to_object(spec.object);
  if (!link) return std::nullopt;
  spec.no_wait = true;
  spec.timeout = std::max(
      std::chrono::floor<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()),
      std::chrono::milliseconds(1));
  try {
    return link->connection().call(spec, encode);
  } catch (const NotConnected&) {
  } catch (const NameNotFound&) {
  } catch (const Draining&) {
  } catch (const Overloaded&) {  // the daemon is, or it has gone and takes nothing more
  }
  bus.direct().forget(spec.object);
  return std::nullopt;
}

}  // namespace

bool stays_in_process(Bus& bus, Path path, std::string_view object) {
  return prefers_in_process(path) &&
         LocalHosts::of_process().with(bus.broker(), object, [](Host&) {});
}

bool left_this_process(const Frame& answer) {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  if (view.header.kind != wire::Kind::error) return false;
  const auto code = read_error(view.payload).code;
  return code == static_cast<std::uint8_t>(ErrorCode::name_not_found) ||
         code == static_cast<std::uint8_t>(ErrorCode::draining);
}

bool post_in_process(Bus& bus, Path path, const CallSpec& spec, detail::Encode encode) {
  if (!prefers_in_process(path)) return false;
  const SteadyTime deadline = std::chrono::steady_clock::now() + spec.timeout;
  return LocalHosts::of_process().with(bus.broker(), spec.object, [&](Host& host) {
    require_session(bus, spec, deadline);
    Frame request = build_request(spec, encode, remaining_for_server(deadline, spec.timeout));
    wire::set_session(request, bus.host().own_session());
    host.take_from(host.local_calls(), std::move(request), 0);
  });
}

std::optional<Frame> call_by_path(Bus& bus, Path path, const CallSpec& spec,
                                  detail::Encode encode) {
  if (prefers_in_process(path))
    if (auto reply = call_in_process(bus, spec, encode)) return reply;
  if (path == Path::direct || path == Path::shortest) return call_direct(bus, spec, encode);
  return std::nullopt;
}

}  // namespace rmi
