// The blocker of each thread.
#include <rmi/detail/blocking.hpp>

#include <utility>

namespace rmi::detail {
namespace {

thread_local Blocker* current = nullptr;

}  // namespace

Blocker* set_blocker(Blocker* blocker) noexcept {
  return std::exchange(current, blocker);
}

BlockingScope::BlockingScope() noexcept : blocker_(set_blocker(nullptr)) {
  if (blocker_ != nullptr) blocker_->blocked();
}

BlockingScope::~BlockingScope() {
  if (blocker_ == nullptr) return;
  blocker_->unblocked();
  set_blocker(blocker_);
}

}  // namespace rmi::detail
