// Where continuations go that a thread must not run itself, though it completes what they wait for.
#pragma once

#include <memory>

#include <rmi/detail/future_state.hpp>

#include "bus/channel.hpp"

namespace rmi {

/// While it lives, continuations of what this thread completes are for the workers of a channel:
/// its program may hold a lock that they take.
class ForWorkers final : public detail::ContinuationSink {
 public:
  ForWorkers(Channel& channel, const detail::StateBase& state) noexcept
      : ContinuationSink(state), channel_(channel), before_(detail::set_continuation_sink(this)) {}
  ~ForWorkers() { detail::set_continuation_sink(before_); }
  ForWorkers(const ForWorkers&) = delete;
  ForWorkers& operator=(const ForWorkers&) = delete;

  void take(detail::Continuation* oldest) noexcept override {
    struct Continuing final : Work {
      explicit Continuing(detail::Continuation* list) : first(list) {}
      void run() override { detail::run_continuations(first); }
      detail::Continuation* const first;
    };
    channel_.submit(std::make_shared<Continuing>(oldest));
  }

 private:
  Channel& channel_;
  detail::ContinuationSink* const before_;
};

}  // namespace rmi
