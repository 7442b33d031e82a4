// A channel in an event loop that is not ours: one descriptor, and work that is taken without
// waiting.
#include "bus/channel.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rmi {

int Channel::work_fd() {
  const Lock lock(mutex_);
  if (work_fd_ >= 0) return work_fd_;
  need_workers_ = nullptr;
  notify_.emplace();
  if (has_work()) notify_->ring();
  work_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (work_fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  epoll_event readable{};
  readable.events = EPOLLIN;
  if (epoll_ctl(work_fd_, EPOLL_CTL_ADD, notify_->fd(), &readable) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  watch_socket();
  return work_fd_;
}

/// A closed descriptor leaves an epoll by itself.
void Channel::watch_socket() {
  if (work_fd_ < 0 || !socket_) return;
  epoll_event readable{};
  readable.events = EPOLLIN;
  epoll_ctl(work_fd_, EPOLL_CTL_ADD, socket_->fd(), &readable);
  notify_loop();  // what came before would not show
}

bool Channel::poll_work(TakeIn take_in, WorkPtr& task) {
  work_here(nullptr);
  const Lock lock(mutex_);
  if (notify_) notify_->clear();
  flush();
  receive_all(nullptr);
  if (notify_ && waits_for_room()) notify_loop();  // nothing says for sure when there is room
  if (!has_work()) return false;
  take_work(take_in, task, std::chrono::steady_clock::now());
  return true;
}

void Channel::notify_loop() noexcept {
  notify_->ring();
}

}  // namespace rmi
