// Lets the cancelling of a task reach the future that it waits for.
#pragma once

#include <mutex>

#include <rmi/detail/future_state.hpp>

namespace rmi::detail {

/// What the coroutines of one started task share. Thread safety: thread safe.
class CancelScope {
 public:
  /// A coroutine is about to wait for `awaited`; after cancel() that is cancelled at once.
  void enter(StatePtr<StateBase> awaited) noexcept;
  /// Cancels what is awaited, and all that will be.
  void cancel() noexcept;

 private:
  std::mutex mutex_;
  bool cancelled_ = false;
  StatePtr<StateBase> awaited_;
};

/// A coroutine promise that can tell its scope, or nullptr.
template <class P>
concept in_cancel_scope = requires(P& promise) {
  static_cast<CancelScope*>(promise.cancel_scope());
};

}  // namespace rmi::detail
