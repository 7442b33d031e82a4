// Threads that wait for the future of a call, as far as the call is concerned.
#include "bus/async_call.hpp"

#include <mutex>

namespace rmi {

void PendingCall::help(const detail::StateBase& state, SteadyTime deadline) noexcept {
  if (wanted_.in_process || !gate_->enter()) return;
  for (bool moved = true; moved && !state.ready();) {
    Connection* const by = connection_;
    const auto over = [&] { return state.ready() || connection_ != by; };
    by->channel_.help(this, over, deadline);
    moved = connection_ != by;
  }
  gate_->leave();
}

void PendingCall::wake_helper() noexcept {
  if (!gate_->enter()) return;
  connection_.load()->channel_.wake_helper(this);
  gate_->leave();
}

void PendingCall::await() noexcept {
  if (!gate_->enter()) return;
  {
    const std::lock_guard lock(mutex_);
    connection_.load()->channel_.await(*this);
  }
  gate_->leave();
}

}  // namespace rmi
