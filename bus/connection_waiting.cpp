// Calls that wait for a session, and are sent when it is there.
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <rmi/errors.hpp>

#include "bus/async_call.hpp"
#include "bus/connection.hpp"

namespace rmi {

bool Connection::start(const std::shared_ptr<PendingCall>& call) {
  std::unique_lock lock(mutex_);
  const CallSpec spec = call->spec();
  const bool hopeless = stopping_ || spec.no_wait || spec.may_leave ||
                        (phase_ == Phase::away && !options_.wait_for_broker && failures_ != 0);
  const bool ready = ready_link_ != 0 && !stopping_;
  if (!ready && hopeless) {
    lock.unlock();
    call->fail(not_connected(call->spec()));
    return true;
  }
  if (ready && waiting_.empty() && !any_waiting_) return false;
  waiting_.push_back(call);
  any_waiting_ = true;
  return true;
}

/// Sends, or fails, what waits, in the order in which it came; returns when nothing waits that can
/// be sent, also if another thread did it. What learns of failures runs after that: it may call.
void Connection::send_waiting() {
  std::vector<std::pair<std::shared_ptr<PendingCall>, std::exception_ptr>> failed;
  for (std::unique_lock order(sending_); auto call = next_waiting();) {
    std::exception_ptr failure;
    if (ready_link_ == 0 || stopping_)
      failure = not_connected(call->spec());
    else if (!call->send_now(failure)) {
      const std::lock_guard lock(mutex_);
      waiting_.push_front(call);
    }
    if (failure) failed.emplace_back(std::move(call), failure);
  }
  for (const auto& [call, failure] : failed)
    call->fail(failure);
}

std::shared_ptr<PendingCall> Connection::next_waiting() {
  const std::lock_guard lock(mutex_);
  const bool hopeless = stopping_ || (phase_ == Phase::away && !options_.wait_for_broker);
  if (waiting_.empty()) any_waiting_ = false;
  if (waiting_.empty() || (ready_link_ == 0 && !hopeless)) return nullptr;
  auto call = std::move(waiting_.front());
  waiting_.pop_front();
  return call;
}

Link Connection::wait_ready(const CallSpec& spec, SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  phase_changed_.wait_until(lock, deadline, [&] {
    return stopping_ || ready_link_ != 0 || spec.no_wait || spec.may_leave ||
           (phase_ == Phase::away && !options_.wait_for_broker);
  });
  if (const Link link = ready_link_; link != 0 && !stopping_) return link;
  throw NotConnected(not_connected_text(spec));
}

}  // namespace rmi
