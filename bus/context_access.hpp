// The call that this thread or coroutine answers.
#pragma once

#include <string>

#include <rmi/detail/ambient.hpp>

#include "bus/served_call.hpp"

namespace rmi {

struct ContextAccess {
  /// Null if it answers none.
  static ServedCall* current() noexcept { return static_cast<ServedCall*>(detail::Ambient::get()); }
  /// The correlation id that a CorrelationScope of this thread gives; null without one.
  static const std::string* thread_correlation() noexcept;
};

}  // namespace rmi
