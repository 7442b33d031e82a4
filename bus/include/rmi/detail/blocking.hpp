// How a thread says that it is about to wait, so that a pool can put another one to work.
#pragma once

namespace rmi::detail {

/// Who wants to know when a thread waits: a pool of workers.
class Blocker {
 public:
  /// This thread is about to wait. Is called on it; must not throw, may take a lock of its own.
  virtual void blocked() noexcept = 0;
  /// The wait is over.
  virtual void unblocked() noexcept = 0;

 protected:
  ~Blocker() = default;
};

/// Sets who is told about this thread; nullptr for nobody. Lifetime: borrowed until it is set anew.
/// @return who was told before.
Blocker* set_blocker(Blocker* blocker) noexcept;

/// Tells the blocker of this thread that it waits as long as the scope lives. Only the outermost of
/// nested scopes is told.
class BlockingScope {
 public:
  BlockingScope() noexcept;
  ~BlockingScope();
  BlockingScope(const BlockingScope&) = delete;
  BlockingScope& operator=(const BlockingScope&) = delete;

 private:
  Blocker* blocker_;
};

}  // namespace rmi::detail
