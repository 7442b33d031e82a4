// A mutex whose holder does what others would have waited for it to do.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace rmi {

/// Flat combining (Hendler, Incze, Shavit, Tzafrir, 2010): a thread that finds the mutex held need
/// not wait for it, only to do something quick under it. It asks for that, and whoever holds the
/// mutex does it, for all that have asked, before letting go.
/// Thread safety: thread safe.
class CombiningMutex {
 public:
  /// What a thread asks for. Lifetime: its own until it was served, and until it has been told so.
  struct Asked {
    Asked* next = nullptr;
  };
  /// Does it, under the mutex. Must not throw. Gets a list, oldest first; who has been told that it
  /// was served may be gone.
  using Serve = std::function<void(Asked* oldest)>;

  explicit CombiningMutex(Serve serve) : serve_(std::move(serve)) {}

  void lock() { mutex_.lock(); }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() {
    do {
      serve();
      mutex_.unlock();
    } while (anything_asked() && mutex_.try_lock());
  }

  /// Never waits for the mutex. @return at once if somebody holds it, and else served.
  void ask(Asked& asked) {
    Asked* before = newest_.load(std::memory_order_relaxed);
    do
      asked.next = before;
    while (!newest_.compare_exchange_weak(before, &asked, std::memory_order_acq_rel));
    if (mutex_.try_lock()) unlock();
  }

  /// Precondition: this thread holds it. Whoever has asked before lock() was served on return.
  void serve() {
    if (newest_.load(std::memory_order_relaxed) == nullptr) return;
    Asked* newest = newest_.exchange(nullptr, std::memory_order_acquire);
    Asked* oldest = nullptr;
    while (newest != nullptr) {
      Asked* const before = std::exchange(newest->next, oldest);
      oldest = std::exchange(newest, before);
    }
    serve_(oldest);
  }

 private:
  /// Changes nothing. A plain load might miss who has asked since serve() and then found the mutex
  /// still held; a change comes either after that one or before it, and lets it see the unlock().
  bool anything_asked() noexcept {
    Asked* none = nullptr;
    return !newest_.compare_exchange_strong(none, nullptr, std::memory_order_acq_rel);
  }

  std::mutex mutex_;
  std::atomic<Asked*> newest_{nullptr};
  const Serve serve_;
};

}  // namespace rmi
