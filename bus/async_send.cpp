// How an asynchronous call is sent, and sent again.
#include <exception>
#include <utility>

#include "bus/async_call.hpp"
#include "bus/request.hpp"

namespace rmi {
namespace {

/// What `act` throws, which it must.
template <class Act>
std::exception_ptr error_of(Act&& act) {
  try {
    act();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace

void PendingCall::begin() {
  timers_.set(*this, wanted_.deadline);
  send();
}

void PendingCall::send() {
  if (over_ || try_here()) return;
  std::exception_ptr failure;
  while (connection_.load()->any_waiting_ || !send_now(failure)) {
    fresh_ = false;
    {
      const std::lock_guard lock(mutex_);
      answered_ = false;
    }
    if (connection_.load()->start(shared_from_this())) return;
  }
  if (failure) fail(failure);
}

/// @param failure  set when it cannot be sent at all.
/// @return false when there is no session to send it in.
bool PendingCall::send_now(std::exception_ptr& failure) {
  Connection& connection = *connection_;
  for (bool fresh = std::exchange(fresh_, false);; fresh = false) {
    const Link link = connection.ready_link_.load(std::memory_order_acquire);
    if (over_) return true;
    if (link == 0) return false;
    if (try_here_now()) return true;
    if (request_.size() > connection.size_limit()) {
      failure = error_of([&] { connection.check_size(spec(), request_.size()); });
      return true;
    }
    const std::lock_guard lock(mutex_);
    here_ = nullptr;
    Frame& request = next_attempt();
    if (!fresh)
      wire::set_remaining(request, remaining_for_server(wanted_.deadline, wanted_.timeout));
    Channel::End end = Channel::End::not_sent;
    link_ = link;
    id_ = connection.channel_.start(request, link, shared_from_this(), end);
    if (id_ != 0) return true;
    if (end == Channel::End::full) {
      failure = error_of([&] { connection.throw_end(spec(), end); });
      return true;
    }
    Link stale = link;
    connection.ready_link_.compare_exchange_strong(stale, 0);
  }
}

/// The request of a further attempt is a copy, because the header of the one before may still be
/// read by libzmq.
Frame& PendingCall::next_attempt() {
  if (std::exchange(tried_, true)) request_ = Frame::copy_of(std::as_const(request_).bytes());
  if (retry_) retry_->stamp(request_);
  return request_;
}

}  // namespace rmi
