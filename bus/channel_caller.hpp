// A thread in Channel::exchange().
#pragma once

#include <exception>
#include <utility>

#include "bus/channel.hpp"

namespace rmi {

/// Lives on that thread's stack.
struct Channel::Caller : Waiter, CombiningMutex::Asked {
  Caller(Frame&& frame, Link goes_to) : Waiter(false), link(goes_to) {
    answer.frame = std::move(frame);
  }
  const Link link;
  bool done = false;
  std::exception_ptr failure;         ///< of whoever wanted to send it
  Answer answer{End::timed_out, {}};  ///< its frame is the request until that was sent
};

}  // namespace rmi
