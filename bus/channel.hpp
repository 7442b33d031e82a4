// One connection shared by any number of threads: leader/followers.
//
// One mutex guards the socket. Of the threads that wait for something, one at a time is the
// leader: it polls ZMQ_FD outside the mutex, receives under it, completes the others' calls and
// wakes exactly those threads. When the leader has what it came for, it makes one of the waiting
// threads the next leader.
//
// A worker that leads and receives a request runs it at once. One other worker stands by to lead
// meanwhile. As long as requests turn out to be quick it is not woken, because that costs more than
// the request; it only looks every few milliseconds whether the leader has stayed away after all.
//
// ZMQ_FD is edge-triggered. The rule that keeps it safe: a thread polls only after it received to
// EAGAIN, and a thread that touches the socket while a leader may be polling receives to EAGAIN
// itself before it unlocks.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "bus/alarm.hpp"
#include "bus/frame.hpp"
#include "bus/futex.hpp"
#include "bus/slot_table.hpp"
#include "bus/socket.hpp"
#include "bus/waiters.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// Number of a connection within its channel: 1, 2, ... 0 is none.
using Link = std::uint64_t;

/// Thread safety: thread safe; attach(), detach() and close() belong to the owner's thread.
class Channel {
 public:
  enum class End : std::uint8_t {
    answered,   ///< frame holds the reply, error, welcome or pong
    not_sent,   ///< that link is gone, nothing was sent; frame holds the request
    full,       ///< the socket takes no more; nothing was sent; frame holds the request
    timed_out,  ///< sent, no answer by the deadline
    lost,       ///< sent, then the link went down
  };
  struct Answer {
    End end;
    Frame frame;
    std::uint64_t id = 0;  ///< the call id it went out with
  };
  /// A call (or a cancel) that came in, and the link that its reply must go back on.
  struct Request {
    Frame frame;
    Link link;
    SteadyTime received;
    SteadyTime taken;  ///< by the worker that runs it
  };

  /// @param serves  whether some thread will call next_request(); calls are thrown away otherwise.
  explicit Channel(bool serves);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Starts a new link over this socket. What was pending on the old one ends as `lost`.
  Link attach(std::unique_ptr<DealerSocket> socket);
  /// Ends the current link, if there is one, and gives its socket back.
  std::unique_ptr<DealerSocket> detach();
  /// Makes next_request() return nothing, now and for ever.
  void close();

  /// Sends a request under a call id of its own and waits for what answers it.
  /// Blocks until then, or until the deadline.
  Answer exchange(Frame request, Link link, SteadyTime deadline);

  /// Sends without waiting for an answer. `frame` is kept when false is returned.
  /// @param takes_next  the calling thread will call next_request() at once, so a request that
  ///                    turns up meanwhile needs no other thread to be woken.
  bool post(Frame& frame, Link link, bool takes_next = false);

  /// Waits for a call from the other side. Nothing once the channel is closed.
  /// @param previous_taken  Request::taken of the request that this thread has just run, if any:
  ///                        how long requests take decides who leads meanwhile.
  std::optional<Request> next_request(SteadyTime previous_taken = {});
  /// Received and not yet taken.
  std::size_t requests_waiting();

 private:
  struct Caller;
  using Lock = std::unique_lock<std::mutex>;

  void receive_all(const Caller* self);
  void deliver(Frame frame);
  void complete(Caller& caller, End end, Frame frame);
  void fail_pending();
  void wait_for_answer(Lock& lock, Caller& self, SteadyTime deadline);
  void lead_until_answered(Lock& lock, Caller& self, SteadyTime deadline);
  void lead_until_requested(Lock& lock, Waiter& self);
  void stand_by(Lock& lock, Waiter& self);
  std::uint32_t follow(Lock& lock, Waiter& self, SteadyTime deadline);
  Request take_request();
  void hand_over();
  void wake_worker();
  void wake_follower();
  void poke_leader() noexcept;
  void poll_socket(Lock& lock, SteadyTime deadline);

  std::mutex mutex_;
  std::unique_ptr<DealerSocket> socket_;
  Link link_ = 0;
  SlotTable<Caller*> pending_;
  std::deque<Request> requests_;  ///< received, not yet taken by a worker
  Waiter* leader_ = nullptr;
  Waiter* standby_ = nullptr;
  WaiterList followers_;
  const bool serves_;
  bool closed_ = false;
  int wake_fd_;                    ///< eventfd: gets a leader out of its poll
  Alarm alarm_;                    ///< what the stand-by sleeps on
  bool wanted_ = false;            ///< the stand-by is to get up
  bool watching_ = false;          ///< the stand-by looks from time to time
  int streak_ = 0;                 ///< requests in a row that were done quickly
  SteadyTime unattended_since_{};  ///< when a worker last left without anybody leading
};

}  // namespace rmi
