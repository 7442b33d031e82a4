// How threads of a channel wait: in a poll, or for another thread.
#include "bus/channel.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// While others send, the leader polls only so long.
constexpr auto busy_time = 10ms;
constexpr auto brief_poll = 5ms;

timespec time_left(SteadyTime deadline, SteadyTime now) noexcept {
  const auto left = std::max(deadline - now, steady_clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

/// On return somebody else may lead: a worker is relieved of it by who helps.
/// @return false  the deadline has come.
bool Channel::poll_socket(Lock& lock, const Waiter& self, SteadyTime deadline) {
  const auto now = steady_clock::now();
  if (now >= deadline) return false;
  EventFd& bell = self.worker ? *self.bell : wake_;
  std::array<pollfd, 2> fds{{{bell.fd(), POLLIN, 0}, {-1, POLLIN, 0}}};
  if (socket_) fds[1] = {socket_->fd(), socket_->poll_events(), 0};
  polls_briefly_ = now - last_send_ < busy_time;
  if (polls_briefly_) deadline = std::min(deadline, now + brief_poll);
  polling_ = true;
  lock.unlock();
  // Should the socket be replaced right now, its number may name another descriptor in this poll;
  // the eventfd is readable then, so the poll ends at once and harms nothing.
  const timespec left = time_left(deadline, now);
  ppoll(fds.data(), fds.size(), deadline == SteadyTime::max() ? nullptr : &left, nullptr);
  lock.lock();
  if (fds[0].revents != 0) bell.clear();
  if (leader_ != &self) return true;
  polling_ = false;
  if (socket_) socket_->polled(fds[1].revents);
  return true;
}

/// Sleeps until told something, or until the deadline. @return what was told. The lock is held
/// again, unless that is `done` alone: the answer is there then and nothing is left to hand on.
std::uint32_t Channel::follow(Lock& lock, Waiter& self, SteadyTime deadline) {
  followers_.add(self);
  lock.unlock();
  while (self.signal.load(std::memory_order_acquire) == 0 && steady_clock::now() < deadline)
    futex_wait(self.signal, 0, deadline);
  if (self.signal.load(std::memory_order_acquire) == Waiter::done) return Waiter::done;
  lock.lock();
  followers_.remove(self);
  return self.signal.exchange(0, std::memory_order_acquire);
}

void Channel::poke_leader() noexcept {
  if (leader_ == nullptr) return;  // who leads next looks by itself
  (leader_->worker ? *leader_->bell : wake_).ring();
}

}  // namespace rmi
