// Threads that wait for the future of a call, as far as the call is concerned.
#include <mutex>

#include "bus/async_call.hpp"

namespace rmi {

void PendingCall::help(const detail::StateBase& state, SteadyTime deadline) noexcept {
  if (!gate_->enter()) return;
  for (bool moved = may_be_helped_; moved && !state.ready();) {
    Connection* const by = connection_;
    // A link ends before the bus does, and must not while this thread has something of it to end.
    if (!by->help_gate()->enter()) break;
    const auto over = [&] { return state.ready() || connection_ != by; };
    moved = by->channel_.help(state, over, deadline);
    by->help_gate()->leave();
  }
  if (!state.ready()) await_inside();
  gate_->leave();
}

void PendingCall::wake_helper() noexcept {
  if (!gate_->enter()) return;
  connection_.load()->channel_.wake_helper();
  gate_->leave();
}

void PendingCall::await() noexcept {
  if (!gate_->enter()) return;
  await_inside();
  gate_->leave();
}

/// Precondition: the gate is passed.
void PendingCall::await_inside() noexcept {
  const std::lock_guard lock(mutex_);
  connection_.load()->channel_.await(*this, here_ == nullptr ? id_ : 0);
}

}  // namespace rmi
