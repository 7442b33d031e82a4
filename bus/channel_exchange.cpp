// Calls that a thread waits for.
//
// A thread that finds the mutex held does not wait for it, only to send: it leaves its call to
// whoever holds the mutex, and sleeps until the answer is there. Calls that were left meanwhile go
// out together, in a bundle.
//
// A thread that has led until its own answer came makes the next one the leader in its sleep, if
// nothing is left to receive: that one watches the socket from now on, without having been woken.
#include <algorithm>
#include <exception>
#include <utility>

#include "bus/channel_caller.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A thread that would be the first to notice the end of its link looks so often, while it waits.
constexpr auto ended_interval = 100ms;

}  // namespace

Channel::Answer Channel::exchange(Frame request, Link link, SteadyTime deadline,
                                  const detail::FunctionRef<bool()>* ended) {
  Caller self(std::move(request), link);
  Lock lock(mutex_, std::defer_lock);
  if (ended != nullptr) lock.lock();
  if (lock.owns_lock() || lock.try_lock()) {
    if (!send_call(self)) return std::move(self.answer);
    if (leader_ != nullptr) receive_for_others();
  } else {
    self.poll = ThreadPoll::of_this_thread();
    mutex_.ask(self);
    const auto told = sleep(lock, self, deadline);
    if (self.failure) std::rethrow_exception(self.failure);
    if (told == Waiter::done) return std::move(self.answer);
    if (leader_ == &self) lead_until_answered(lock, self, deadline, true);
  }
  if (ended == nullptr) wait_for_answer(lock, self, deadline);
  while (ended != nullptr && !self.done && steady_clock::now() < deadline) {
    wait_for_answer(lock, self, std::min(deadline, steady_clock::now() + ended_interval));
    if (!self.done && (*ended)()) {
      self.answer.end = End::lost;
      break;
    }
  }
  if (!self.done) pending_.take(self.answer.id);
  return std::move(self.answer);
}

/// @param together  as others do; with those that follow, if there are more.
/// @return false when it was not sent; the answer says why.
bool Channel::send_call(Caller& caller, bool together, bool more_follow) {
  Answer& answer = caller.answer;
  if (!open(caller.link)) {
    answer.end = End::not_sent;
    return false;
  }
  answer.id = pending_.insert({.caller = &caller, .completion = nullptr});
  wire::set_call_id(answer.frame, answer.id);
  const bool sent = together ? send_with_next(answer.frame, Keeps::no, more_follow, bundled_since_)
                             : send(answer.frame);
  if (sent) return true;
  pending_.take(answer.id);
  answer.end = why_unsent();
  return false;
}

/// Sends the calls of threads that have found the mutex held.
void Channel::send_for_others(CombiningMutex::Asked* oldest) noexcept {
  const bool together = takes_bundles_ && oldest->next != nullptr && flush();
  while (oldest != nullptr) {
    Caller& caller = *static_cast<Caller*>(oldest);
    oldest = oldest->next;
    bool sent = false;
    try {
      sent = send_call(caller, together, oldest != nullptr);
    } catch (...) {
      caller.failure = std::current_exception();
    }
    if (sent) {
      followers_.add(caller);
    } else {
      caller.done = true;
      caller.tell(Waiter::done);
    }
  }
  try {
    if (leader_ != nullptr)
      receive_for_others();
    else if (followers_.first(false) != nullptr)
      hand_over();
  } catch (const std::exception&) {  // no memory
    poke_leader();                   // who tells its caller, if that goes on
  }
}

/// Returns with the lock held unless self.done.
void Channel::wait_for_answer(Lock& lock, Caller& self, SteadyTime deadline) {
  while (!self.done) {
    if (leader_ == nullptr) {
      leader_ = &self;
      helper_returns_ = false;
      lead_until_answered(lock, self, deadline, false);
    } else if (follow(lock, self, deadline) == Waiter::done) {
      return;
    } else if (leader_ == &self) {
      lead_until_answered(lock, self, deadline, true);
    }
    if (!self.done && steady_clock::now() >= deadline) return;
  }
}

/// Precondition: leader_ == &self. On return somebody else leads, or nobody waits.
/// @param polled  there may be something to receive.
void Channel::lead_until_answered(Lock& lock, Caller& self, SteadyTime deadline, bool polled) {
  for (; !self.done; polled = true) {
    flush();
    if (polled || !shows_all()) receive_all(&self);
    if (has_work()) wake_worker();
    if (self.done || !poll_socket(lock, self, deadline)) break;
  }
  hand_over(self.done && followers_.first(false) != nullptr && nothing_is_left());
}

/// Whether who leads next has nothing to do but to watch the socket. Receives one message at most:
/// where there are more, each is for a thread that is about to run.
bool Channel::nothing_is_left() {
  if (!socket_ || !bundle_.empty() || !unsent_.empty()) return false;
  if (shows_all()) return true;
  Frame frame;
  if (!socket_->receive(frame)) return true;
  deliver(std::move(frame));
  if (has_work()) wake_worker();
  return false;
}

}  // namespace rmi
