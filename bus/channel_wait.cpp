// How threads of a channel wait: in a poll, or for another thread.
#include "bus/channel.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// While others send, the leader polls only so long.
constexpr auto busy_time = 10ms;
constexpr auto brief_poll = 5ms;
// What the socket did not take is offered to it again so soon.
constexpr auto full_pause = 1ms;

timespec as_timespec(steady_clock::duration time) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

SocketPoll::Ready poll_both(int bell, int socket, short events, steady_clock::duration longest) {
  std::array<pollfd, 2> fds{{{bell, POLLIN, 0}, {socket, events, 0}}};
  const timespec time = as_timespec(longest);
  ppoll(fds.data(), fds.size(), &time, nullptr);
  return {fds[0].revents != 0, fds[1].revents};
}

}  // namespace

/// On return somebody else may lead: a worker is relieved of it by who helps.
/// @return false  the deadline has come.
bool Channel::poll_socket(Lock& lock, const Waiter& self, SteadyTime deadline) {
  const auto now = steady_clock::now();
  if (now >= deadline) return false;
  polls_briefly_ = now - last_send_ < busy_time;
  if (polls_briefly_) deadline = std::min(deadline, now + brief_poll);
  if (waits_for_room()) deadline = std::min(deadline, now + full_pause);
  EventFd& bell = self.worker ? *self.bell : wake_;
  const Link link = link_;
  const int fd = socket_ ? socket_->fd() : -1;
  const short events = socket_ ? socket_->poll_events() : short{0};
  const bool prepared = !self.worker && fd >= 0 && events == POLLIN && caller_poll_.watches(link);
  polling_ = true;
  lock.unlock();
  // Should the socket be replaced right now, its number may name another descriptor in this poll;
  // the eventfd is readable then, so the poll ends at once and harms nothing.
  const auto ready = prepared ? caller_poll_.wait(deadline - now, link)
                              : poll_both(bell.fd(), fd, events, deadline - now);
  lock.lock();
  if (ready.rung) bell.clear();
  if (leader_ != &self) return true;
  polling_ = false;
  if (socket_) socket_->polled(ready.events);
  return true;
}

/// Sleeps until told something, or made the leader, or until the deadline. @return what was told.
/// The lock is held again, unless that is `done` alone: the answer is there then and nothing is
/// left to hand on.
std::uint32_t Channel::follow(Lock& lock, Waiter& self, SteadyTime deadline) {
  if (!self.worker) self.poll = ThreadPoll::of_this_thread();
  followers_.add(self);
  lock.unlock();
  return sleep(lock, self, deadline);
}

/// The same of one that is in the list already, or will be.
std::uint32_t Channel::sleep(Lock& lock, Waiter& self, SteadyTime deadline) {
  short events = 0;
  for (;;) {
    auto told = self.signal.load(std::memory_order_acquire);
    if (told == 0 && self.poll != nullptr) events = self.poll->wait(deadline);
    if (told == 0 && self.poll == nullptr) futex_wait(self.signal, 0, deadline);
    told = self.signal.load(std::memory_order_acquire);
    if (told == Waiter::done) return Waiter::done;
    const bool late = steady_clock::now() >= deadline;
    if (told == 0 && self.poll == nullptr && !late) continue;
    lock.lock();
    if (late || told != 0 || leader_ == &self) break;
    lock.unlock();
  }
  mutex_.serve();  // it may have asked, and be about to go
  followers_.remove(self);
  if (self.watches >= 0) {
    self.poll->unwatch(std::exchange(self.watches, -1));
    polling_ = false;
    if (socket_) socket_->polled(events);
  }
  return self.signal.exchange(0, std::memory_order_acquire);
}

/// Makes the new leader watch the socket without waking it. @return false  it must be woken.
bool Channel::watch_in_sleep(Waiter& leader) noexcept {
  const int fd = socket_ && leader.poll != nullptr ? socket_->fd() : -1;
  if (fd < 0 || !leader.poll->watch(fd, socket_->poll_events())) return false;
  leader.watches = fd;
  polling_ = true;
  polls_briefly_ = false;  // it cannot be told to: whoever sends receives to EAGAIN
  return true;
}

void Channel::poke_leader() noexcept {
  if (leader_ == nullptr) return;  // who leads next looks by itself
  if (leader_->watches >= 0) return leader_->poll->ring();
  (leader_->worker ? *leader_->bell : wake_).ring();
}

}  // namespace rmi
