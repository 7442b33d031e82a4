// Cancelling of tasks.
#include <rmi/task.hpp>

#include <utility>

namespace rmi::detail {

void CancelScope::enter(StatePtr<StateBase> awaited) noexcept {
  {
    const std::lock_guard lock(mutex_);
    std::swap(awaited_, awaited);  // the one before goes when the lock is free
    if (!cancelled_) return;
    awaited = awaited_;
  }
  awaited->cancel();
}

void CancelScope::cancel() noexcept {
  StatePtr<StateBase> awaited;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    awaited = awaited_;
  }
  if (awaited) awaited->cancel();
}

}  // namespace rmi::detail
