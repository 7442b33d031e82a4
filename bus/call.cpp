// One call over a connection: from the encoded arguments to the reply, or to the right error.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>

#include <rmi/archive.hpp>

#include "bus/connection.hpp"
#include "bus/exceptions.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The daemon is told to be done this much earlier than the caller gives up, so that its own word
// on where the call was arrives in time.
constexpr milliseconds longest_margin = 250ms;
constexpr milliseconds draining_pause = 50ms;

std::uint32_t remaining_for_server(SteadyTime deadline, milliseconds timeout) {
  const auto left = std::chrono::floor<milliseconds>(deadline - steady_clock::now());
  const auto margin = std::min(timeout / 8, longest_margin);
  return static_cast<std::uint32_t>(std::max(left - margin, 1ms).count());
}

Frame build_request(const CallSpec& spec, detail::FunctionRef<void(std::span<std::byte>)> encode,
                    std::uint32_t remaining) {
  Frame frame;
  try {
    frame = wire::build({.kind = spec.kind,
                         .flags = spec.flags,
                         .remaining_ms = remaining,
                         .signature = spec.signature},
                        spec.object, spec.method, spec.payload_size);
  } catch (const std::length_error& error) {
    throw BadArguments(error.what());
  }
  encode(wire::payload_of(frame));
  return frame;
}

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
  const SteadyTime deadline = steady_clock::now() + spec.timeout;
  for (;;) {
    Link link = ready_link_.load(std::memory_order_acquire);
    if (link == 0) link = wait_ready(spec, deadline);
    Frame request = build_request(spec, encode, remaining_for_server(deadline, spec.timeout));
    check_size(spec, request.size());
    auto answer = channel_.exchange(std::move(request), link, deadline);
    switch (answer.end) {
      case Channel::End::answered:
        if (accept(spec, answer.frame, link, deadline)) return std::move(answer.frame);
        continue;
      case Channel::End::not_sent:
        ready_link_.compare_exchange_strong(link, 0);
        continue;
      case Channel::End::full:
        throw Overloaded(fmt::format(
            "cannot call {}.{}: the queue to the broker at {} is full; it takes no more messages",
            spec.object, spec.method, options_.endpoint));
      case Channel::End::timed_out:
        give_up(answer.id, link);
        throw_timeout(spec);
      case Channel::End::lost:
        throw ConnectionLost(fmt::format(
            "the connection to the broker at {} broke while {}.{} was under way; whether it ran is "
            "unknown",
            options_.endpoint, spec.object, spec.method));
    }
  }
}

/// @return true for a reply; false when the call surely did not run and is to be made again.
bool Connection::accept(const CallSpec& spec, const Frame& answer, Link link, SteadyTime deadline) {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  if (view.header.kind != wire::Kind::error) return true;
  ErrorPayload error;
  try {
    error = read_error(view.payload);
  } catch (const DecodeError& fault) {
    throw ProtocolError(fmt::format("the answer to {}.{} is an error that makes no sense: {}",
                                    spec.object, spec.method, fault.what()));
  }
  if (error.code == static_cast<std::uint8_t>(ErrorCode::unknown_session)) {
    regreet(link);
    return false;
  }
  const bool draining = error.code == static_cast<std::uint8_t>(ErrorCode::draining);
  if (draining && steady_clock::now() + draining_pause < deadline) {
    std::this_thread::sleep_for(draining_pause);
    return false;
  }
  throw_error(std::move(error));
}

void Connection::check_size(const CallSpec& spec, std::size_t size) const {
  const std::size_t limit = std::min(options_.max_message, peer_limit_.load());
  if (size > limit)
    throw MessageTooLarge(fmt::format(
        "cannot call {}.{}: its message is {} bytes, the limit of {} is {} bytes", spec.object,
        spec.method, size, limit == options_.max_message ? "this bus" : "the broker", limit));
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

}  // namespace rmi
