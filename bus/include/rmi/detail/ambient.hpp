// A word of each thread that follows a coroutine from thread to thread.
#pragma once

namespace rmi::detail {

/// What a coroutine sees as its surroundings. A co_await on a rmi::Future notes the word of the
/// thread that it suspends on and puts it in place while the coroutine runs on, wherever that is.
/// What it points at must live until then: that is up to who sets it.
struct Ambient {
  static void* get() noexcept;
  static void set(void* value) noexcept;
};

/// Sets the word, and at its end what was there before.
class AmbientScope {
 public:
  explicit AmbientScope(void* value) noexcept : before_(Ambient::get()) { Ambient::set(value); }
  ~AmbientScope() { Ambient::set(before_); }
  AmbientScope(const AmbientScope&) = delete;
  AmbientScope& operator=(const AmbientScope&) = delete;

 private:
  void* before_;
};

}  // namespace rmi::detail
