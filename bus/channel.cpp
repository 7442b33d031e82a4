// Leader/followers on one DEALER: sending, receiving, and waiting for answers.
// Waiting for requests is in channel_workers.cpp.
#include "bus/channel.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace rmi {
namespace {

using std::chrono::steady_clock;

timespec time_left(SteadyTime deadline) noexcept {
  const auto left = std::max(deadline - steady_clock::now(), steady_clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

/// A thread in exchange().
struct Channel::Caller : Waiter {
  Caller() : Waiter(false) {}
  bool done = false;
  Answer answer{End::timed_out, {}};
};

Channel::Channel(bool serves) : serves_(serves), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Channel::~Channel() {
  ::close(wake_fd_);
}

Link Channel::attach(std::unique_ptr<DealerSocket> socket) {
  const Lock lock(mutex_);
  fail_pending();
  socket_ = std::move(socket);
  poke_leader();
  return ++link_;
}

std::unique_ptr<DealerSocket> Channel::detach() {
  const Lock lock(mutex_);
  fail_pending();
  if (socket_) ++link_;
  poke_leader();
  return std::move(socket_);
}

Channel::Answer Channel::exchange(Frame request, Link link, SteadyTime deadline) {
  Caller self;
  Lock lock(mutex_);
  if (!socket_ || link != link_) return {End::not_sent, std::move(request)};
  const std::uint64_t id = pending_.insert(&self);
  wire::set_call_id(request, id);
  if (!socket_->send(request)) {
    pending_.take(id);
    return {End::full, std::move(request)};
  }
  if (leader_ != nullptr) {
    receive_all(nullptr);
    if (!requests_.empty()) wake_worker();
  }
  wait_for_answer(lock, self, deadline);
  if (!self.done) pending_.take(id);
  self.answer.id = id;
  return std::move(self.answer);
}

bool Channel::post(Frame& frame, Link link, bool takes_next) {
  const Lock lock(mutex_);
  if (!socket_ || link != link_ || !socket_->send(frame)) return false;
  if (leader_ != nullptr) receive_all(nullptr);
  if (!takes_next && !requests_.empty()) wake_worker();
  return true;
}

/// Returns with the lock held unless self.done.
void Channel::wait_for_answer(Lock& lock, Caller& self, SteadyTime deadline) {
  while (!self.done) {
    if (leader_ == nullptr) {
      leader_ = &self;
      lead_until_answered(lock, self, deadline);
    } else {
      const auto signal = follow(lock, self, deadline);
      if (signal == Waiter::done) return;
      if ((signal & Waiter::lead) != 0) lead_until_answered(lock, self, deadline);
    }
    if (!self.done && steady_clock::now() >= deadline) return;
  }
}

/// Precondition: leader_ == &self. On return somebody else leads, or nobody waits.
void Channel::lead_until_answered(Lock& lock, Caller& self, SteadyTime deadline) {
  while (!self.done) {
    receive_all(&self);
    if (!requests_.empty()) wake_worker();
    if (self.done || steady_clock::now() >= deadline) break;
    poll_socket(lock, deadline);
  }
  hand_over();
}

void Channel::poll_socket(Lock& lock, SteadyTime deadline) {
  std::array<pollfd, 2> fds{{{wake_fd_, POLLIN, 0}, {socket_ ? socket_->fd() : -1, POLLIN, 0}}};
  lock.unlock();
  // Should the socket be replaced right now, its number may name another descriptor in this poll;
  // the eventfd is readable then, so the poll ends at once and harms nothing.
  const bool for_ever = deadline == SteadyTime::max();
  const timespec left = for_ever ? timespec{} : time_left(deadline);
  ppoll(fds.data(), fds.size(), for_ever ? nullptr : &left, nullptr);
  lock.lock();
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(wake_fd_, &count, sizeof count);
  }
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

/// Receives to EAGAIN, or until `self`, who leads and will not poll again, has its answer.
void Channel::receive_all(const Caller* self) {
  Frame frame;
  while (socket_ && socket_->receive(frame)) {
    deliver(std::exchange(frame, Frame()));
    if (self != nullptr && self->done) return;
  }
}

void Channel::deliver(Frame frame) {
  const auto parsed = wire::parse(frame.bytes());
  const auto* view = std::get_if<wire::View>(&parsed);
  if (view == nullptr) return;  // not ours to answer: the broker speaks first about versions
  const wire::Kind kind = view->header.kind;
  if (kind == wire::Kind::call || kind == wire::Kind::cancel) {
    if (serves_) requests_.push_back({std::move(frame), link_, steady_clock::now(), {}});
    return;
  }
  if (kind == wire::Kind::ping) {  // answered right here: liveness must not wait for user code
    wire::set_kind(frame, wire::Kind::pong);
    socket_->send(frame);
    return;
  }
  if (const auto caller = pending_.take(view->header.call_id))
    complete(**caller, End::answered, std::move(frame));
}

void Channel::complete(Caller& caller, End end, Frame frame) {
  caller.answer = {end, std::move(frame)};
  caller.done = true;
  if (!caller.listed) return;  // it leads, or has not begun to wait
  followers_.remove(caller);
  caller.tell(Waiter::done);
}

void Channel::fail_pending() {
  std::vector<Caller*> callers;
  pending_.for_each([&](std::uint64_t, Caller* caller) { callers.push_back(caller); });
  pending_.clear();
  for (Caller* caller : callers)
    complete(*caller, End::lost, Frame());
  requests_.clear();  // their callers have been told that the link is gone
}

/// The leader goes: a thread that waits for an answer leads now, or else the stand-by.
void Channel::hand_over() {
  leader_ = nullptr;
  if (Waiter* caller = followers_.first(false)) {
    followers_.remove(*caller);
    leader_ = caller;
    caller->tell(Waiter::lead);
  } else {
    wake_worker();
  }
}

void Channel::poke_leader() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_fd_, &one, sizeof one);
}

}  // namespace rmi
