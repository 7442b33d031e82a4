// Leader/followers on one DEALER.
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

// Bits of Waiter::signal. "You lead now" may race with "your reply is here": two bits, not one.
constexpr std::uint32_t signal_done = 1;
constexpr std::uint32_t signal_lead = 2;
constexpr std::uint32_t signal_work = 4;

timespec time_left(SteadyTime deadline) noexcept {
  const auto left = std::max(deadline - std::chrono::steady_clock::now(),
                             std::chrono::steady_clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

/// A thread that waits in exchange() or next_request(). Lives on that thread's stack.
struct Channel::Waiter {
  explicit Waiter(bool is_worker) : worker(is_worker) {}
  std::atomic<std::uint32_t> signal{0};
  const bool worker;  ///< waits for requests, not for an answer
  bool listed = false;
  bool done = false;
  Answer answer{End::timed_out, {}};
  Waiter* previous = nullptr;
  Waiter* next = nullptr;

  void tell(std::uint32_t bit) noexcept {
    // After the bit is set the waiter may be gone; only its address is used.
    auto* word = &signal;
    word->fetch_or(bit, std::memory_order_release);
    futex_wake_one(word);
  }
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

void Channel::close() {
  const Lock lock(mutex_);
  closed_ = true;
  for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next)
    if (waiter->worker) waiter->tell(signal_work);
  poke_leader();
}

Channel::Answer Channel::exchange(Frame request, Link link, SteadyTime deadline) {
  Waiter self(false);
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
  if (leader_ != nullptr) {
    receive_all(nullptr);
    if (!takes_next && !requests_.empty()) wake_worker();
  }
  return true;
}

std::optional<Channel::Request> Channel::next_request() {
  Waiter self(true);
  Lock lock(mutex_);
  bool woke_another = false;
  while (!closed_) {
    if (!requests_.empty()) {
      Request request = std::move(requests_.front());
      requests_.pop_front();
      if (!requests_.empty() && !woke_another) wake_worker();
      return request;
    }
    if (leader_ == nullptr) {
      leader_ = &self;
      woke_another = lead(lock, self, SteadyTime::max());
    } else {
      follow(lock, self, SteadyTime::max());
    }
  }
  return std::nullopt;
}

std::size_t Channel::requests_waiting() {
  const Lock lock(mutex_);
  return requests_.size();
}

void Channel::wait_for_answer(Lock& lock, Waiter& self, SteadyTime deadline) {
  while (!self.done) {
    if (leader_ == nullptr) {
      leader_ = &self;
      lead(lock, self, deadline);
    } else {
      follow(lock, self, deadline);
    }
    if (!self.done && std::chrono::steady_clock::now() >= deadline) return;
  }
}

bool Channel::satisfied(const Waiter& waiter) const noexcept {
  return waiter.worker ? closed_ || !requests_.empty() : waiter.done;
}

/// Precondition: leader_ == &self. On return somebody else leads, or nobody waits.
/// @return whether a worker was made the next leader.
bool Channel::lead(Lock& lock, Waiter& self, SteadyTime deadline) {
  for (;;) {
    receive_all(&self);
    if (!self.worker && !requests_.empty()) wake_worker();
    if (satisfied(self) || std::chrono::steady_clock::now() >= deadline) break;
    poll_socket(lock, deadline);
  }
  leader_ = nullptr;
  return promote();
}

void Channel::poll_socket(Lock& lock, SteadyTime deadline) {
  std::array<pollfd, 2> fds{{{wake_fd_, POLLIN, 0}, {socket_ ? socket_->fd() : -1, POLLIN, 0}}};
  lock.unlock();
  // Should the socket be replaced right now, its number may name another descriptor in this poll;
  // the eventfd is readable then, so the poll ends at once and harms nothing.
  const timespec left = deadline == SteadyTime::max() ? timespec{} : time_left(deadline);
  ppoll(fds.data(), fds.size(), deadline == SteadyTime::max() ? nullptr : &left, nullptr);
  lock.lock();
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(wake_fd_, &count, sizeof count);
  }
}

/// Sleeps until it is complete, made leader, given work, or the deadline. Leaves lock held.
void Channel::follow(Lock& lock, Waiter& self, SteadyTime deadline) {
  enlist(self);
  lock.unlock();
  std::uint32_t signal = 0;
  while ((signal = self.signal.load(std::memory_order_acquire)) == 0 &&
         std::chrono::steady_clock::now() < deadline)
    futex_wait(self.signal, 0, deadline);
  if ((signal & signal_done) != 0 && (signal & signal_lead) == 0) {
    lock = Lock();  // the answer is complete and nothing else is ours to hand on
    return;
  }
  lock.lock();
  unlist(self);
  signal = self.signal.exchange(0, std::memory_order_acquire);
  if ((signal & signal_lead) == 0) return;
  if (satisfied(self) && !self.worker) {
    leader_ = nullptr;
    promote();
  } else {
    lead(lock, self, deadline);
  }
}

/// Receives to EAGAIN, or until `self`, who leads and need not poll again, has its answer.
void Channel::receive_all(Waiter* self) {
  Frame frame;
  while (socket_ && socket_->receive(frame)) {
    deliver(std::exchange(frame, Frame()));
    if (self != nullptr && !self->worker && self->done) return;
  }
}

void Channel::deliver(Frame frame) {
  const auto parsed = wire::parse(frame.bytes());
  const auto* view = std::get_if<wire::View>(&parsed);
  if (view == nullptr) return;  // not ours to answer: the broker speaks first about versions
  const wire::Kind kind = view->header.kind;
  if (kind == wire::Kind::call || kind == wire::Kind::cancel) {
    if (serves_) requests_.push_back({std::move(frame), link_, std::chrono::steady_clock::now()});
    return;
  }
  if (kind == wire::Kind::ping) {  // answered right here: liveness must not wait for user code
    wire::set_kind(frame, wire::Kind::pong);
    socket_->send(frame);
    return;
  }
  if (const auto waiter = pending_.take(view->header.call_id))
    complete(**waiter, End::answered, std::move(frame));
}

void Channel::complete(Waiter& waiter, End end, Frame frame) {
  waiter.answer = {end, std::move(frame)};
  waiter.done = true;
  if (!waiter.listed) return;  // it is the leader, or has not begun to wait
  unlist(waiter);
  waiter.tell(signal_done);
}

void Channel::fail_pending() {
  std::vector<Waiter*> waiters;
  pending_.for_each([&](std::uint64_t, Waiter* waiter) { waiters.push_back(waiter); });
  pending_.clear();
  for (Waiter* waiter : waiters)
    complete(*waiter, End::lost, Frame());
  requests_.clear();  // their callers have been told that the link is gone
}

/// Makes a follower the leader: a worker if there is work, else the one that waits longest.
/// @return whether it is a worker.
bool Channel::promote() {
  Waiter* chosen = first_;
  if (!requests_.empty())
    for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next)
      if (waiter->worker) {
        chosen = waiter;
        break;
      }
  if (chosen == nullptr) return false;
  unlist(*chosen);
  leader_ = chosen;
  const bool worker = chosen->worker;
  chosen->tell(signal_lead);
  return worker;
}

void Channel::wake_worker() {
  for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next)
    if (waiter->worker) {
      unlist(*waiter);
      waiter->tell(signal_work);
      return;
    }
}

void Channel::poke_leader() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_fd_, &one, sizeof one);
}

void Channel::enlist(Waiter& waiter) noexcept {
  waiter.listed = true;
  waiter.previous = last_;
  waiter.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &waiter;
  last_ = &waiter;
}

void Channel::unlist(Waiter& waiter) noexcept {
  if (!waiter.listed) return;
  waiter.listed = false;
  (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
}

}  // namespace rmi
