// Threads' own epolls, which outlive them.
#include "bus/thread_poll.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <utility>

namespace rmi {
namespace {

constexpr int bell = -1;  // what an event of the eventfd says instead of a descriptor

int milliseconds_until(SteadyTime deadline) noexcept {
  using std::chrono::milliseconds;
  if (deadline == SteadyTime::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  constexpr milliseconds longest(std::numeric_limits<int>::max());
  return static_cast<int>(std::clamp(left, milliseconds(0), longest).count());
}

int new_epoll() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return epoll;
}

bool add(int epoll, int fd, std::uint32_t events, int says) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.fd = says;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

/// Those that no thread has.
class ThreadPolls {
 public:
  /// Never destroyed, for threads that outlive main().
  static ThreadPolls& instance() {
    static auto* const polls = new ThreadPolls;
    return *polls;
  }

  ThreadPoll* take() noexcept try {
    {
      const std::lock_guard lock(mutex_);
      if (first_ != nullptr) return std::exchange(first_, first_->next_);
    }
    return new ThreadPoll;
  } catch (const std::exception&) {
    return nullptr;
  }

  void give(ThreadPoll& poll) noexcept {
    const std::lock_guard lock(mutex_);
    poll.next_ = std::exchange(first_, &poll);
  }

 private:
  ThreadPolls() { pthread_atfork(before_fork, after_fork, in_child); }

  static void before_fork() { instance().mutex_.lock(); }
  static void after_fork() { instance().mutex_.unlock(); }
  static void in_child();

  std::mutex mutex_;
  ThreadPoll* first_ = nullptr;
};

namespace {

thread_local ThreadPoll* mine = nullptr;

/// Gives it back when the thread ends. What calls somebody after that takes one for good.
struct Return {
  ~Return() {
    if (ThreadPoll* const poll = std::exchange(mine, nullptr)) ThreadPolls::instance().give(*poll);
  }
};

}  // namespace

/// A child shares its parent's epolls, and would take the rings of its threads.
void ThreadPolls::in_child() {
  instance().first_ = nullptr;
  mine = nullptr;
  instance().mutex_.unlock();
}

ThreadPoll::ThreadPoll() : epoll_(new_epoll()) {
  // Edge-triggered: nobody has to clear it.
  if (add(epoll_, bell_.fd(), EPOLLIN | EPOLLET, bell)) return;
  const int error = errno;
  ::close(epoll_);
  throw std::system_error(error, std::generic_category(), "epoll_ctl");
}

ThreadPoll* ThreadPoll::of_this_thread() noexcept {
  if (mine != nullptr) return mine;
  mine = ThreadPolls::instance().take();
  thread_local const Return at_end;
  return mine;
}

bool ThreadPoll::watch(int fd, short events) noexcept {
  static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT);
  return add(epoll_, fd, static_cast<std::uint32_t>(events), fd);
}

void ThreadPoll::unwatch(int fd) noexcept {
  epoll_event none{};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &none);
}

short ThreadPoll::wait(SteadyTime deadline) noexcept {
  std::array<epoll_event, 2> woken{};
  const int count = epoll_wait(epoll_, woken.data(), woken.size(), milliseconds_until(deadline));
  for (int i = 0; i < count; ++i) {
    const auto& event = woken[static_cast<std::size_t>(i)];
    if (event.data.fd != bell) return static_cast<short>(event.events);
  }
  return 0;
}

}  // namespace rmi
