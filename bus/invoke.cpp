// The untyped middle of a call, between proxy and connection.
#include <rmi/detail/invoke.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <vector>

#include <rmi/context.hpp>
#include <rmi/errors.hpp>
#include <rmi/names.hpp>
#include <rmi/uri.hpp>

#include "bus/annotations.hpp"
#include "bus/async_call.hpp"
#include "bus/connection.hpp"
#include "bus/context_access.hpp"
#include "bus/direct.hpp"
#include "bus/exceptions.hpp"
#include "bus/exports.hpp"
#include "bus/frame_owner.hpp"
#include "bus/host.hpp"
#include "bus/name_rules.hpp"
#include "bus/paths.hpp"
#include "bus/reference_scope.hpp"
#include "bus/request.hpp"
#include "bus/retried_call.hpp"

namespace rmi::detail {

CallTarget target_of(Bus& bus, std::string_view text) {
  CallTarget target;
  target.bus = &bus;
  target.timeout = bus.timeout();
  target.path = bus.path();
  if (text.starts_with('@') && (token_of(text) != 0 || session_of_private(text).has_value())) {
    target.object = text;  // a reference, as rmi-call shows it
    return target;
  }
  const Uri uri = Uri::parse(text);
  if (uri.kind() == Uri::Kind::object && *uri.endpoint() != Endpoint::parse(bus.broker())) {
    target.object = uri.name();
    target.endpoint = uri.endpoint()->str();
    return target;
  }
  if (uri.endpoint() && *uri.endpoint() != Endpoint::parse(bus.broker()))
    throw UriError(fmt::format(
        "'{}' is at another place than the {} that this bus is connected to; use a bus of its own",
        text, bus.broker()));
  if (uri.kind() == Uri::Kind::tags) {
    target.object = Uri::for_tags(uri.tags()).str();
    if (target.object.size() > 255)
      throw UriError(fmt::format("'{}' has too many tags: at most 255 bytes travel", text));
  } else {
    target.object = uri.name();
  }
  return target;
}

void wait_for_name(const CallTarget& target, std::chrono::milliseconds longest) {
  CallTarget names = target;
  names.object = target.object.starts_with("rmimeta:") ? target.object : "rmi.names";
  names.timeout = checked_timeout(longest);
  names.own_timeout = true;
  names.wait_for_name = true;
  names.path = Path::brokered;
  using Sign = Signed<&Names::wait>;
  try {
    if (names.object != "rmi.names")
      invoke<void>(names, {"rmi.ping"});
    else
      invoke<NameEntry>(names, {"wait", Sign::hash(), &Sign::print}, target.object);
  } catch (const TimeoutError&) {  // its text speaks of the name server
    throw TimeoutError(
        fmt::format("nobody served '{}' within {} ms", target.object, longest.count()),
        Outcome::not_executed);
  }
}

std::chrono::milliseconds checked_timeout(std::chrono::milliseconds timeout) {
  if (timeout <= std::chrono::milliseconds::zero())
    throw std::invalid_argument(
        fmt::format("the timeout of a call must be positive, got {} ms", timeout.count()));
  return timeout;
}

namespace {

/// What a call says besides its arguments: notes of its own, and what it inherits from the call
/// that this thread answers.
class Surroundings {
 public:
  Surroundings(const CallTarget& target, const CallMethod& method)
      : timeout_(method.traits.timeout.count() > 0 && !target.own_timeout ? method.traits.timeout
                                                                          : target.timeout) {
    ServedCall* call = ContextAccess::current();
    if (call != nullptr && call->expiry != SteadyTime::max()) inherit_deadline(*call);
    Annotations notes;
    if (target.annotations) notes = *target.annotations;
    for (const auto& [key, value] : notes)
      if (key.empty() || key.size() > 255 || key.starts_with("rmi."))
        throw std::invalid_argument(fmt::format(
            "the key of a note has 1 to 255 bytes and does not begin with 'rmi.', got '{}'", key));
    if (call != nullptr) {
      const std::uint64_t chain = call->host->chain_of(*call);
      note(notes, chain_annotation, &chain, sizeof chain);
      const std::string& id = Context(*call).correlation_id();
      note(notes, id_annotation, id.data(), id.size());
    } else if (const std::string* id = ContextAccess::thread_correlation()) {
      note(notes, id_annotation, id->data(), id->size());
    }
    if (is_retried(target, method)) {  // stamp() fills it in
      const std::array<std::byte, call_mark_size> room{};
      note(notes, retry_annotation, room.data(), room.size());
    }
    if (notes.empty()) return;
    block_.resize(annotations_size(notes));
    write_annotations(block_, notes);
  }

  std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  std::vector<std::byte>& block() noexcept { return block_; }

 private:
  void inherit_deadline(const ServedCall& call) {
    const auto left = std::chrono::floor<std::chrono::milliseconds>(
        call.expiry - std::chrono::steady_clock::now());
    timeout_ = std::max(std::min(timeout_, left), std::chrono::milliseconds(1));
  }
  static void note(Annotations& notes, std::string_view key, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    notes.insert_or_assign(std::string(key), std::vector<std::byte>(bytes, bytes + size));
  }

  std::chrono::milliseconds timeout_;
  std::vector<std::byte> block_;
};

CallSpec spec_of(const CallTarget& target, const CallMethod& method, Extent payload,
                 Surroundings& surroundings) {
  CallSpec spec;
  spec.object = target.object;
  spec.method = method.name;
  spec.signature = method.signature;
  spec.timeout = surroundings.timeout();
  spec.no_wait = target.no_wait;
  spec.repeat_if_lost = method.traits.idempotent;
  spec.payload = std::move(payload);
  spec.annotations = surroundings.block();
  if (target.sticky) spec.flags |= wire::flag::sticky;
  if (target.wait_for_name) spec.flags |= wire::flag::wait_for_name;
  if (target.oneway || method.traits.oneway) spec.flags |= wire::flag::oneway;
  return spec;
}

Frame send(const CallTarget& target, const CallSpec& spec, Encode encode) {
  Bus& bus = *target.bus;
  if (!target.endpoint.empty())
    return bus.direct().to_endpoint(target.endpoint)->connection().call(spec, encode);
  return call_by_path(bus, target.path, spec, encode);
}

/// The same for a call with a mark.
Frame send(const CallTarget& target, CallSpec spec, RetriedCall& retried, Encode encode) {
  for (;;) {
    try {
      spec.timeout = retried.left();
      return send(target, spec, encode);
    } catch (const ConnectionLost& refused) {
      if (refused.outcome() != Outcome::not_executed || retried.in_doubt())
        std::rethrow_exception(in_doubt(std::current_exception()));
    } catch (...) {
      if (retried.in_doubt()) std::rethrow_exception(in_doubt(std::current_exception()));
      throw;
    }
    retried.renew();
  }
}

/// Gives the call a mark, if it is to have one.
std::shared_ptr<RetriedCall> mark(const CallTarget& target, const CallMethod& method,
                                  CallSpec& spec) {
  if (!is_retried(target, method)) return nullptr;
  const auto deadline = std::chrono::steady_clock::now() + spec.timeout;
  auto retried = std::make_shared<RetriedCall>(target, deadline);
  spec.retry = retried.get();
  spec.repeat_if_lost = true;
  spec.timeout = retried->left();
  return retried;
}

/// Hands a call over that nobody waits for.
void post(const CallTarget& target, const CallSpec& spec, Encode encode) {
  Bus& bus = *target.bus;
  if (!target.endpoint.empty())
    return bus.direct().to_endpoint(target.endpoint)->connection().call_oneway(spec, encode);
  post_by_path(bus, target.path, spec, encode);
}

}  // namespace

void call(const CallTarget& target, const CallMethod& method, Extent payload, Encode encode,
          Decode decode) {
  Surroundings surroundings(target, method);
  CallSpec spec = spec_of(target, method, std::move(payload), surroundings);
  const auto retried = mark(target, method, spec);
  const ReferenceScope references(&target.bus->host(), spec.timeout);
  if ((spec.flags & wire::flag::oneway) != 0) return post(target, spec, encode);
  Frame reply;
  try {
    reply = retried ? send(target, spec, *retried, encode) : send(target, spec, encode);
  } catch (const SignatureMismatch& mismatch) {  // the server's text has its half only
    if (method.print == nullptr) throw;
    throw SignatureMismatch(
        fmt::format("{}, caller has {}", mismatch.what(), method.print(method.name)));
  }
  const auto view = std::get<wire::View>(wire::parse(std::as_const(reply).bytes()));
  if (target.answered != nullptr) *target.answered = read_annotations(view.annotations);
  try {
    FrameOwner owner(reply);
    decode(view.payload, &owner);
  } catch (const DecodeError& error) {
    throw ProtocolError(fmt::format("{}.{} ran, but its result cannot be decoded: {}",
                                    target.object, method.name, error.what()),
                        Outcome::executed);
  }
}

std::shared_ptr<AsyncCall> start(const CallTarget& target, const CallMethod& method, Extent payload,
                                 Encode encode, std::shared_ptr<AsyncEnd> end) {
  Bus& bus = *target.bus;
  Surroundings surroundings(target, method);
  CallSpec spec = spec_of(target, method, std::move(payload), surroundings);
  try {
    const auto retried = mark(target, method, spec);
    const ReferenceScope references(&bus.host(), spec.timeout);
    const bool here = target.endpoint.empty() && stays_in_process(bus, target.path, target.object);
    if ((spec.flags & wire::flag::oneway) != 0) {
      post(target, spec, encode);
      end->reply({}, nullptr);
      return nullptr;
    }
    const auto now = std::chrono::steady_clock::now();
    spec.deadline = now + spec.timeout;
    PendingCall::Way way{.link = nullptr, .may_leave = target.endpoint.empty(), .in_process = here};
    if (!target.endpoint.empty())
      way.link = bus.direct().to_endpoint(target.endpoint);
    else if (!here)
      way.link = bus.direct().to_object(target.object, target.path, *spec.deadline);
    if (!way.link && !here) way.trail = bus.direct().trail(target.object, false);
    // To find a link may have taken its time.
    const auto begun = way.link ? std::chrono::steady_clock::now() : now;
    Frame request =
        build_request(spec, encode, remaining_for_server(*spec.deadline, spec.timeout, begun));
    auto call = make_recycled<PendingCall>(target, method, spec, std::move(way), retried,
                                           std::move(request), std::move(end));
    call->begin();
    return call;
  } catch (...) {
    if (end) end->fail(std::current_exception());
    return nullptr;
  }
}

}  // namespace rmi::detail
