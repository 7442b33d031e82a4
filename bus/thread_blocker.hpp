// Tells a host that a thread which runs one of its calls waits for something else.
#pragma once

#include <rmi/detail/blocking.hpp>

#include "bus/host.hpp"

namespace rmi {

/// Is told about its thread from its construction to its end.
class ThreadBlocker final : public detail::Blocker {
 public:
  /// @param call  null for a worker that runs a task.
  ThreadBlocker(Host& host, ServedCall* call) noexcept
      : host_(host), call_(call), before_(detail::set_blocker(this)) {}
  ~ThreadBlocker() { detail::set_blocker(before_); }
  ThreadBlocker(const ThreadBlocker&) = delete;
  ThreadBlocker& operator=(const ThreadBlocker&) = delete;

  void blocked() noexcept override { host_.block(call_); }
  void unblocked() noexcept override { host_.unblock(call_); }

 private:
  Host& host_;
  ServedCall* const call_;
  detail::Blocker* const before_;
};

}  // namespace rmi
