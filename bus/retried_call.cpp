// Tickets, and the marks of calls.
#include "bus/retried_call.hpp"

#include <fmt/format.h>

#include <exception>

#include <rmi/errors.hpp>

#include "bus/exceptions.hpp"
#include "bus/host.hpp"
#include "bus/name_rules.hpp"
#include "bus/request.hpp"

namespace rmi {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Tickets::Key key_of(const detail::CallTarget& target) {
  return {target.endpoint, target.object};
}

}  // namespace

std::shared_ptr<Ticket> Tickets::find(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = tickets_.find(key);
  return found == tickets_.end() ? nullptr : found->second;
}

std::shared_ptr<Ticket> Tickets::put(const Key& key, std::uint64_t given,
                                     const std::shared_ptr<Ticket>& refused) {
  const std::lock_guard lock(mutex_);
  auto& ticket = tickets_[key];
  if (ticket == refused) ticket = std::make_shared<Ticket>(given);
  return ticket;
}

RetriedCall::RetriedCall(const detail::CallTarget& target, SteadyTime deadline)
    : target_(target), deadline_(deadline) {
  if (target.object.starts_with(tags_prefix))
    throw BadArguments(
        fmt::format("calls of '{}' cannot be made again, because another object may have these "
                    "tags then; call it by its name",
                    target.object));
  target_.annotations = nullptr;
  target_.answered = nullptr;
  target_.own_timeout = true;
  if (auto known = target_.bus->host().tickets().find(key_of(target_)))
    take(std::move(known));
  else
    renew();
}

void RetriedCall::renew() {
  target_.timeout = left();
  Tickets& tickets = target_.bus->host().tickets();
  auto known = tickets.find(key_of(target_));
  if (known != ticket_) return take(std::move(known));  // another thread was faster
  try {
    const auto given =
        detail::invoke<std::uint64_t>(target_, {"rmi.ticket", 0, nullptr, {.idempotent = true}});
    take(tickets.put(key_of(target_), given, ticket_));
  } catch (...) {
    std::rethrow_exception(not_begun(std::current_exception()));
  }
}

void RetriedCall::take(std::shared_ptr<Ticket> ticket) noexcept {
  ticket_ = std::move(ticket);
  mark_ = {.ticket = ticket_->value, .number = ++ticket_->calls, .attempt = 0};
}

void RetriedCall::stamp(Frame& request) noexcept {
  ++mark_.attempt;
  set_call_mark(request, mark_);
}

milliseconds RetriedCall::left() const {
  return time_left(deadline_);
}

void RetriedCall::note_loss() noexcept {
  lost_at_ = steady_clock::now();
}

bool RetriedCall::may_come_back() const noexcept {
  return in_doubt() && steady_clock::now() < lost_at_ + settling_time;
}

bool is_retried(const detail::CallTarget& target, const detail::CallMethod& method) noexcept {
  if (!target.retried || target.oneway || method.traits.oneway || method.traits.idempotent)
    return false;
  return !method.name.starts_with("rmi.") || method.name == "rmi.batch";
}

}  // namespace rmi
