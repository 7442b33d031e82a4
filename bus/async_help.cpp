// Threads that wait for the future of a call, as far as the call is concerned.
#include <mutex>

#include "bus/async_call.hpp"

namespace rmi {

void PendingCall::help(const detail::StateBase& state, SteadyTime deadline) noexcept {
  if (!gate_->enter()) return;
  try {
    // Who waits but for some time must be back by then, and no method promises that.
    deadline == SteadyTime::max() ? help_here(state) : expect_no_help_here();
  } catch (const std::exception&) {  // no memory: a worker does it
  }
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
  expect_no_help_here();
  await_inside();
  gate_->leave();
}

/// Precondition: the gate is passed.
void PendingCall::await_inside() noexcept {
  const std::lock_guard lock(mutex_);
  connection_.load()->channel_.await(*this, here_ == nullptr ? id_ : 0);
}

}  // namespace rmi
