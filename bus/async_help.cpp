// Threads that wait for the future of a call, as far as the call is concerned.
#include <mutex>

#include "bus/async_call.hpp"

namespace rmi {

void PendingCall::help(const detail::StateBase& state, SteadyTime deadline) noexcept {
  if (!gate_->enter()) return;
  for (bool moved = true; moved && !state.ready();) {
    Connection* const by = connection_;
    const auto over = [&] { return state.ready() || connection_ != by; };
    moved = may_be_helped_ && by->channel_.help(state, over, deadline);
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
