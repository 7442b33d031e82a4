// One call over a connection: from the encoded arguments to the reply, or to the right error.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

#include <rmi/archive.hpp>

#include <rmi/detail/blocking.hpp>
#include <rmi/detail/future_state.hpp>

#include "bus/connection.hpp"
#include "bus/exceptions.hpp"
#include "bus/name_rules.hpp"
#include "bus/oneway_id.hpp"
#include "bus/request.hpp"
#include "bus/retried_call.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds longest_full_pause = 8ms;

/// Counts a thread that is inside; the last one out wakes whoever waits for that.
class Inside {
 public:
  explicit Inside(std::atomic<std::uint32_t>& count) : count_(count) { ++count_; }
  ~Inside() {
    --count_;
    count_.notify_all();
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  std::atomic<std::uint32_t>& count_;
};

std::string seconds(milliseconds time) {
  return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

}  // namespace

Frame Connection::call(const CallSpec& spec,
                       detail::FunctionRef<void(std::span<std::byte>)> encode) {
  const Inside inside(calls_);
  detail::run_deferred();  // continuations that others may wait for
  const detail::BlockingScope waits;
  const SteadyTime deadline = spec.ends();
  bool may_have_run = false;  // in an attempt before this one
  const auto lost = [&] {
    may_have_run = true;
    if (spec.retry != nullptr) spec.retry->note_loss();
  };
  try {
    for (;;) {
      Link link = ready_link_.load(std::memory_order_acquire);
      if (link == 0) link = wait_ready(spec, deadline);
      if (any_waiting_) send_waiting();  // calls that this thread may have begun before
      Frame request = build_request(spec, encode, remaining_for_server(deadline, spec.timeout));
      check_size(spec, request.size());
      auto answer = exchange(std::move(request), link, deadline);
      if (answer.end == Channel::End::answered) {
        const Verdict verdict = judge(spec, answer.frame, link);
        if (verdict == Verdict::reply) return std::move(answer.frame);
        if (verdict == Verdict::again_later) {
          if (was_lost(answer.frame)) lost();
          if (steady_clock::now() + draining_pause >= deadline)
            throw_error(read_error(wire::payload_of(answer.frame)));
          std::this_thread::sleep_for(draining_pause);
        }
        continue;
      }
      if (answer.end == Channel::End::not_sent) {
        ready_link_.compare_exchange_strong(link, 0);
        continue;
      }
      if (answer.end == Channel::End::lost && spec.repeat_if_lost &&
          steady_clock::now() < deadline) {
        lost();
        continue;
      }
      if (answer.end == Channel::End::timed_out) give_up(answer.id, link);
      throw_end(spec, answer.end);
    }
  } catch (...) {
    if (may_have_run) std::rethrow_exception(in_doubt(std::current_exception()));
    throw;
  }
}

void Connection::call_oneway(const CallSpec& spec,
                             detail::FunctionRef<void(std::span<std::byte>)> encode) {
  const Inside inside(calls_);
  const SteadyTime deadline = spec.ends();
  for (milliseconds pause = 1ms;; pause = std::min(pause * 2, longest_full_pause)) {
    Link link = ready_link_.load(std::memory_order_acquire);
    if (link == 0) link = wait_ready(spec, deadline);
    if (any_waiting_) send_waiting();
    Frame request = build_request(spec, encode, remaining_for_server(deadline, spec.timeout));
    check_size(spec, request.size());
    wire::set_call_id(request, next_oneway_id());
    if (channel_.post(request, link, true)) return;
    if (link == ready_link_.load(std::memory_order_acquire)) {  // full: the broker is slower
      if (steady_clock::now() + pause >= deadline) throw_end(spec, Channel::End::full);
      std::this_thread::sleep_for(pause);
    }
  }
}

/// What to do about an answer. @throws the error that it is.
Connection::Verdict Connection::judge(const CallSpec& spec, const Frame& answer, Link link) {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  if (view.header.kind != wire::Kind::error) return Verdict::reply;
  ErrorPayload error;
  try {
    error = read_error(view.payload);
  } catch (const DecodeError& fault) {
    throw ProtocolError(fmt::format("the answer to {}.{} is an error that makes no sense: {}",
                                    spec.object, spec.method, fault.what()));
  }
  const auto is = [&](ErrorCode code) { return error.code == static_cast<std::uint8_t>(code); };
  if (is(ErrorCode::unknown_session)) {
    regreet(link);
    return Verdict::again;
  }
  // A lane says so of a daemon that ends the calls which it has: another one may come.
  const bool leaves = spec.may_leave && !options_.to_lane;
  if (is(ErrorCode::draining) && !spec.no_wait && !leaves) return Verdict::again_later;
  if (is(ErrorCode::name_not_found) && may_come_back(spec)) return Verdict::again_later;
  const bool unknown = error.outcome == static_cast<std::uint8_t>(Outcome::unknown);
  // A private object has gone with its session.
  if (spec.repeat_if_lost && is(ErrorCode::connection_lost) && unknown && !is_private(spec.object))
    return Verdict::again_later;
  throw_error(std::move(error));
}

/// The broker has just been restarted, and the daemons are on their way back to it.
bool Connection::may_come_back(const CallSpec& spec) const {
  if (spec.no_wait || spec.may_leave) return false;
  if (spec.retry != nullptr && spec.retry->may_come_back()) return true;
  return !is_private(spec.object) &&
         steady_clock::now() < settled_at_.load(std::memory_order_relaxed);
}

void Connection::throw_end(const CallSpec& spec, Channel::End end) const {
  if (end == Channel::End::full)
    throw Overloaded(fmt::format(
        "cannot call {}.{}: the queue to the {} at {} is full; it takes no more messages",
        spec.object, spec.method, options_.peer(), options_.endpoint));
  if (end == Channel::End::timed_out) throw_timeout(spec);
  throw ConnectionLost(fmt::format(
      "the connection to the {} at {} broke while {}.{} was under way; whether it ran is unknown",
      options_.peer(), options_.endpoint, spec.object, spec.method));
}

void Connection::check_size(const CallSpec& spec, std::size_t size) const {
  const std::size_t limit = size_limit();
  if (size > limit)
    throw MessageTooLarge(fmt::format(
        "cannot call {}.{}: its message is {} bytes, the limit of {} is {} bytes", spec.object,
        spec.method, size,
        limit == options_.max_message ? "this bus" : fmt::format("the {}", options_.peer()),
        limit));
}

void Connection::give_up(std::uint64_t call_id, Link link) {
  Frame cancel = wire::build({.kind = wire::Kind::cancel, .call_id = call_id}, {}, {}, 0);
  channel_.post(cancel, link);  // best effort
}

void Connection::throw_timeout(const CallSpec& spec) const {
  throw TimeoutError(fmt::format(
      "no answer from {}.{} within {}; neither broker nor daemon said whether it was queued, "
      "running or replying, so whether it ran is unknown",
      spec.object, spec.method, seconds(spec.timeout)));
}

void Connection::throw_not_connected(const CallSpec& spec) const {
  std::rethrow_exception(not_connected(spec));
}

std::exception_ptr Connection::not_connected(const CallSpec& spec) const {
  const std::lock_guard lock(mutex_);
  return std::make_exception_ptr(NotConnected(not_connected_text(spec)));
}

/// Precondition: mutex_ is held.
std::string Connection::not_connected_text(const CallSpec& spec) const {
  const std::chrono::duration<double> away = std::chrono::steady_clock::now() - away_since_;
  const std::string why = stopping_
                              ? "the connection is being closed"
                              : fmt::format("{}, {} attempt{} in {:.1f} s",
                                            last_failure_.empty() ? "no answer yet" : last_failure_,
                                            failures_, failures_ == 1 ? "" : "s", away.count());
  if (options_.to_daemon)
    return fmt::format("cannot call {}.{}: no daemon at {} ({})", spec.object, spec.method,
                       options_.endpoint, why);
  if (failed_by_keys_ && !stopping_)
    return fmt::format("cannot call {}.{}: no session with the broker at {} ({})", spec.object,
                       spec.method, options_.endpoint, why);
  return fmt::format(
      "cannot call {}.{}: no broker at {} ({}); start one with `rmi-broker`, or name another with "
      "--broker or $RMI_BROKER",
      spec.object, spec.method, options_.endpoint, why);
}

}  // namespace rmi
