// References that leave and arrive: what they are called, and when their objects go.
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

#include "bus/context_access.hpp"
#include "bus/host.hpp"
#include "bus/name_rules.hpp"
#include "bus/oneway_id.hpp"
#include "bus/reference_scope.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A reference whose receiver says nothing about it lapses after this time: the message was lost,
// or nobody waited for it any more.
constexpr auto receipt_patience = 30s;
constexpr auto sweep_pause = 1s;
// Receipts are gathered for so long. Long enough to make one message of many, short enough that
// objects are not kept much longer than they are used.
constexpr auto receipt_pause = 20ms;
constexpr std::size_t most_receipts = 1000;  // in one message

thread_local ReferenceScope* innermost = nullptr;

}  // namespace

ReferenceScope::ReferenceScope(Host* host, SteadyTime::duration longest, std::uint32_t to) noexcept
    : host_(host),
      longest_(longest),
      to_(to),
      place_(innermost),
      before_(std::exchange(place_, this)) {}

Host* ReferenceScope::current() noexcept {
  return innermost == nullptr ? nullptr : innermost->host_;
}

std::uint32_t ReferenceScope::receiver() noexcept {
  return innermost == nullptr ? 0 : innermost->to_;
}

void ReferenceScope::note_sent() noexcept {
  if (innermost != nullptr) innermost->sent_ = true;
}

SteadyTime::duration ReferenceScope::longest() noexcept {
  return innermost == nullptr ? SteadyTime::duration{} : innermost->longest_;
}

std::string Host::send_object(const detail::ReferenceKey& key,
                              detail::FunctionRef<detail::ObjectDescription()> describe,
                              bool concurrent, SteadyTime::duration linger) {
  const std::uint32_t own = wait_for_own_session();
  const SteadyTime lapses = steady_clock::now() + ReferenceScope::longest() + receipt_patience;
  const std::uint32_t to = ReferenceScope::receiver();
  ReferenceScope::note_sent();
  connection_.expect_calls();
  keep_session(to);
  {
    const std::lock_guard lock(mutex_);
    if (const auto token = exports_.find(key)) {
      exports_.sent(token, lapses, to);
      return private_name(own, token);
    }
    check_room_for(to);
  }
  auto description = describe();
  const std::string interface = description.described.interface;
  const auto object = std::make_shared<ServedObject>(interface, std::move(description), place_);
  const std::lock_guard lock(mutex_);
  auto token = exports_.find(key);  // another thread may have been faster
  if (token == 0) token = exports_.add(key, scheduler_.add(object, concurrent), linger);
  exports_.sent(token, lapses, to);
  begin_sweeping();
  return private_name(own, token);
}

/// Precondition: mutex_ is held.
void Host::check_room_for(std::uint32_t session) const {
  const auto refuse = [&](std::size_t given, const std::string& to, std::string_view limit,
                          std::size_t most) {
    throw Overloaded(fmt::format("{} has given {} references to {}, the limit {} is {}",
                                 place_.process, given, to, limit, most));
  };
  if (exports_.size() >= options_.max_references)
    refuse(exports_.size(), "its objects", "max_references", options_.max_references);
  if (session == 0) return;
  if (const auto given = exports_.given_to(session); given >= options_.max_references_per_session)
    refuse(given, fmt::format("session {}", session), "max_references_per_session",
           options_.max_references_per_session);
  if (const auto given = exports_.given_to_principal_of(session);
      given >= options_.max_references_per_principal)
    refuse(given, fmt::format("sessions of the same principal as session {}", session),
           "max_references_per_principal", options_.max_references_per_principal);
}

/// References are named after our session: the first one waits, as long as its call may take, until
/// there is one.
std::uint32_t Host::wait_for_own_session() {
  if (const auto own = own_session_by(steady_clock::now() + ReferenceScope::longest())) return own;
  throw NotConnected(
      "cannot pass an object by reference before there was a connection to the broker at " +
      connection_.options().endpoint);
}

std::uint32_t Host::own_session_by(SteadyTime deadline) {
  const bool waits = connection_.options().wait_for_broker;
  while (own_session_ == 0 && steady_clock::now() < deadline) {
    const detail::BlockingScope blocked;
    if (!connection_.wait_until_resolved(deadline) && !waits) break;
    if (own_session_ == 0) connection_.wait_until_ready(deadline);
  }
  return own_session_;
}

std::shared_ptr<const detail::Import> Host::receive(const std::string& name) {
  if (ServedCall* call = ContextAccess::current()) call->took_references = true;
  return imports_->receive(name);
}

void Host::schedule_receipts() {
  timers_.at(steady_clock::now() + receipt_pause, [this] { send_receipts(); });
}

void Host::send_receipts() {
  const std::lock_guard order(receipts_mutex_);
  for (auto& [session, receipts] : imports_->take()) {
    for (std::size_t at = 0; at < receipts.size(); at += most_receipts) {
      const std::vector<Receipt> part(receipts.begin() + static_cast<std::ptrdiff_t>(at),
                                      receipts.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                             at + most_receipts, receipts.size())));
      Frame frame = wire::build(
          {.kind = wire::Kind::call, .flags = wire::flag::oneway, .call_id = next_oneway_id()},
          session_name(session), "rmi.refs", encoded_size(part));
      encode(wire::payload_of(frame), part);
      connection_.put(frame, connection_.link());  // lost with the link, like what they are about
    }
  }
}

void Host::take_receipts(std::uint32_t session, const std::vector<Receipt>& receipts) {
  Exports::Dropped dropped;  // destroyed here, on a worker's thread
  bool watch = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& receipt : receipts)
      watch = exports_.receipt(session, token_of(receipt.object), receipt.received, receipt.held,
                               dropped) ||
              watch;
  }
  if (watch) keep_session(session);
}

/// Precondition: mutex_ is held.
void Host::begin_sweeping() {
  if (std::exchange(sweeping_, true)) return;
  timers_.at(steady_clock::now() + sweep_pause, [this] { sweep_references(); });
}

void Host::sweep_references() {
  Exports::Dropped dropped;
  {
    const std::lock_guard lock(mutex_);
    exports_.lapse(steady_clock::now(), dropped);
    sweeping_ = false;
    if (exports_.any_unconfirmed()) begin_sweeping();
  }
  if (!dropped.empty())
    connection_.submit([dropped = std::move(dropped)]() mutable { dropped.clear(); });
}

std::size_t Host::references_out() const {
  const std::lock_guard lock(mutex_);
  return exports_.size();
}

namespace detail {
namespace {

constexpr std::size_t private_name_size = 26;

Host& host_here() {
  if (Host* host = ReferenceScope::current()) return *host;
  throw std::logic_error(
      "a reference can be encoded and decoded only within a call: it belongs to a connection");
}

}  // namespace

std::string reference_to_size(const std::string& name, bool object_of_this_process) {
  return object_of_this_process ? std::string(private_name_size, '@') : name;
}

std::string send_object(const ReferenceKey& key, FunctionRef<ObjectDescription()> describe,
                        bool concurrent, std::chrono::milliseconds linger) {
  return host_here().send_object(key, describe, concurrent, linger);
}

std::string send_name(const CallTarget& target) {
  if (target.object.empty()) return {};
  Host& host = host_here();
  if (target.bus != nullptr && target.bus->broker() != host.bus().broker())
    throw std::logic_error(
        fmt::format("'{}' is an object at the broker {}; it cannot be passed to one at {}",
                    target.object, target.bus->broker(), host.bus().broker()));
  // Its owner must know that it is held here before it hears of whoever gets it now.
  if (target.held) host.send_receipts();
  if (is_private(target.object)) ReferenceScope::note_sent();
  return target.object;
}

Timers& timers_here() {
  return host_here().stream_timers();
}

CallTarget receive_reference(std::string name) {
  CallTarget target;
  if (name.empty()) return target;
  Host& host = host_here();
  if (name.starts_with('@') ? token_of(name) == 0 : name_fault(name).has_value())
    throw DecodeError("this is no reference to an object: " + quoted(name));
  target.bus = &host.bus();
  target.timeout = host.bus().timeout();
  target.path = host.bus().path();
  if (name.starts_with('@')) target.held = host.receive(name);
  target.object = std::move(name);
  return target;
}

void require_remote(bool received, bool object_of_this_process) {
  if (received) return;
  throw std::logic_error(object_of_this_process
                             ? "this reference is to an object of this process that was not sent "
                               "anywhere: call it through local()"
                             : "this reference is empty: it stands for no object");
}

}  // namespace detail
}  // namespace rmi
