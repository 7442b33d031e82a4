// One connection shared by any number of threads: leader/followers.
//
// One mutex guards the socket. Of the threads that wait for something, one at a time is the
// leader: it polls the descriptor outside the mutex, receives under it, completes the others' calls
// and wakes exactly those threads. When the leader has what it came for, it makes one of the
// waiting threads the next leader, in its sleep if nothing is left to do. A thread that calls while
// another one holds the mutex leaves its call to that one (channel_exchange.cpp).
//
// A worker that leads and receives a request runs it at once. One other worker stands by to lead
// meanwhile. As long as requests turn out to be quick it is not woken, because that costs more than
// the request; it only looks every few milliseconds whether the leader has stayed away after all.
//
// A thread that waits for the end of an asynchronous call helps, if it is the only one that waits
// (channel_help.cpp): it leads, relieving a worker of it, and ends all such calls whose answers it
// receives. When it goes, nobody leads: it will be back, as a rule, and else the stand-by sees to
// those ends after some milliseconds. An end that is awaited by anything but a thread that helps
// has a worker lead.
//
// The same on a connection that nobody calls: between one call of its thread and the next
// nobody leads, and the stand-by does when no call has followed for some milliseconds.
//
// ZMQ_FD is edge-triggered. The rule that keeps it safe: a thread polls only after it received to
// EAGAIN, and a thread that touches the socket while a leader may be polling receives to EAGAIN
// itself before it unlocks. (Where many threads send, only one in a while does, and the leader
// polls no longer than a few milliseconds.) A descriptor that shows all that there is, as that of
// the local lane, needs none of this.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <rmi/detail/function_ref.hpp>
#include <vector>

#include "bus/alarm.hpp"
#include "bus/bundle.hpp"
#include "bus/combining_mutex.hpp"
#include "bus/event_fd.hpp"
#include "bus/fifo.hpp"
#include "bus/flood.hpp"
#include "bus/frame.hpp"
#include "bus/futex.hpp"
#include "bus/link_socket.hpp"
#include "bus/slot_table.hpp"
#include "bus/socket_poll.hpp"
#include "bus/streak.hpp"
#include "bus/waiters.hpp"
#include "bus/wire.hpp"
#include "bus/work.hpp"

namespace rmi {

namespace detail {
class StateBase;
}

using Link = std::uint64_t;  ///< number of a connection within its channel: 1, 2, ... 0 is none

/// Thread safety: thread safe; attach(), detach() and close() belong to the owner's thread.
class Channel {
 public:
  enum class End : std::uint8_t {
    answered,   ///< frame holds the reply, error, welcome or pong
    not_sent,   ///< that link is gone, or going; nothing was sent; frame holds the request
    full,       ///< the socket takes no more; nothing was sent; frame holds the request
    timed_out,  ///< sent, no answer by the deadline
    lost,       ///< sent, then the link went down
  };
  struct Answer {
    End end;
    Frame frame;
    std::uint64_t id = 0;  ///< the call id it went out with
  };
  /// A call, a cancel, a drain or the end of a session that came in, and the link that its reply
  /// must go back on.
  struct Request {
    Frame frame;
    Link link;
    SteadyTime received;
    std::uint64_t message = 0;  ///< in which it came; several come in a bundle
  };
  /// A call whose caller does not wait: run() follows once `answer` is there, on a worker's thread
  /// or on one that helps.
  struct Completion : Work {
    Answer answer{End::timed_out, {}};
    /// Not, or not only, a thread that helps waits for it. Before the first start() the owner's;
    /// then see await().
    bool awaited = false;
  };
  /// A thread that does what comes in: what it keeps between one next_work() and the next.
  class Worker {
   public:
    Worker() = default;                                   ///< @throws std::system_error
    SteadyTime taken() const noexcept { return taken_; }  ///< when it was given what it has

   private:
    friend class Channel;
    EventFd bell_;
    SteadyTime taken_{};     ///< what it was given last
    SteadyTime answered_{};  ///< when it last sent an answer, to take more work at once
  };
  /// Takes a request in, under the channel's mutex, so that requests are taken in in the order in
  /// which they came. Must be quick and must not use the channel.
  using TakeIn = detail::FunctionRef<void(Request&&)>;

  /// @param need_workers  called once, when there is work for the first time, under the channel's
  ///                      mutex: starts threads that call next_work().
  /// @param unclaimed     gets each reply that nobody waits for (any more), under the mutex; may be
  ///                      empty.
  explicit Channel(std::function<void()> need_workers,
                   std::function<void(const Frame&)> unclaimed = {});
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Starts a new link over this socket. What was pending on the old one ends as `lost`.
  Link attach(std::unique_ptr<LinkSocket> socket);
  /// Ends the current link, if there is one, and gives its socket back.
  std::unique_ptr<LinkSocket> detach();
  /// Makes next_work() return false once no task is left, now and for ever.
  void close();

  /// Sends a request under a call id of its own and waits for what answers it.
  /// Blocks until then, or until the deadline.
  /// @param ended  for a thread that would be the first to notice: whether the link has ended. Is
  ///               asked every 100 ms, under the mutex; nullptr for all other threads.
  Answer exchange(Frame request, Link link, SteadyTime deadline,
                  const detail::FunctionRef<bool()>* ended = nullptr);

  /// Sends a request and returns; `completion` is run when its answer is there, or the link is
  /// down. The caller keeps the request, which must not change any more once it was sent.
  /// @return its call id; 0 if it was not sent, `end` says why then.
  std::uint64_t start(Frame& request, Link link, std::shared_ptr<Completion> completion, End& end);
  /// Forgets a call that was started. @return its completion, which will not be run; null if it
  /// was answered already.
  std::shared_ptr<Completion> abandon(std::uint64_t id);

  /// Receives, and runs completions on this thread, until `over` or the deadline, unless that is
  /// for others to do. @param waits_for  is not touched. @return over().
  bool help(const detail::StateBase& waits_for, detail::FunctionRef<bool()> over,
            SteadyTime deadline);
  /// A thread in help() may have nothing more to wait for.
  void wake_helper();
  /// Something waits for that call which does not help.
  /// @param id  of the call if it is under way here; 0 if it is not.
  void await(Completion& completion, std::uint64_t id);
  /// Nobody helps any more: for the end.
  void refuse_help();

  /// Sends without waiting for an answer. `frame` is kept when false is returned.
  /// @param may_wait  of a oneway: for the next, for a millisecond, if that is expected at once.
  bool post(Frame& frame, Link link, bool may_wait = false);
  /// The same for what must not get lost while the link lasts, as answers: while the socket takes
  /// no more it waits here. @return false when the link is gone.
  /// @param takes_next  the calling thread will call next_work() at once if it does so at all: work
  ///                    that turns up meanwhile needs no other thread to be woken; and as long as
  ///                    work is quick and more of it is there, the frame may wait for those to
  ///                    come. Means nothing on a thread that does not work for this channel.
  bool put(Frame& frame, Link link, bool takes_next = false);

  /// Whether the peer takes bundles; not until it is said.
  void bundle(bool taken);

  void submit(WorkPtr task);  ///< has it run on a worker's thread
  /// Calls may come in from now on, and must find a reader. Without it they do after the first.
  void expect_calls();

  /// Waits for work: a request, which goes to `take_in`, or a task. @return false once the channel
  /// is closed and nothing is left.
  /// How long the work takes that a thread is given decides who leads meanwhile.
  bool next_work(Worker& worker, TakeIn take_in, WorkPtr& task);
  /// The same without waiting. @return false when there is no work now.
  bool poll_work(TakeIn take_in, WorkPtr& task);
  /// Received and not yet taken.
  std::size_t requests_waiting();

  /// For loops that are not ours: becomes readable when poll_work() may have work. Nobody may be
  /// in next_work() then. Lifetime: the channel's.
  int work_fd();

 private:
  struct Caller;
  /// Whoever waits for an answer: a thread, or a completion.
  struct Pending {
    Caller* caller = nullptr;
    std::shared_ptr<Completion> completion;
  };
  using Lock = std::unique_lock<CombiningMutex>;

  bool send(Frame& frame) noexcept { return flush() && socket_->send(frame); }
  bool send_call(Caller& caller, bool together = false, bool more_follow = false);
  void send_for_others(CombiningMutex::Asked* oldest) noexcept;
  enum class Keeps : bool { no, yes };
  bool send_alone(Frame& frame, Keeps keeps) noexcept;
  bool send_with_next(Frame& frame, Keeps keeps, bool more_follows, SteadyTime now);
  bool flush() noexcept;
  void flush_beside_leader();
  bool waits_for_room() const noexcept { return bundle_.sealed() || !unsent_.empty(); }
  void offer_soon() noexcept;
  void keep_for_room(Frame&& frame);
  void forget_unsent() noexcept;
  bool more_answers_follow() const noexcept;
  bool more_starts_follow() noexcept;
  bool more_oneways_follow(SteadyTime now);
  void send_late(SteadyTime now);
  void note_return() noexcept;
  bool open(Link link) const noexcept { return socket_ && link == link_ && !leaving_; }
  void receive_all(const Caller* self);
  bool shows_all() const noexcept { return socket_ && socket_->shows_all(); }
  End why_unsent() const noexcept;
  bool works_here(Worker*& worker) const noexcept;
  void work_here(Worker* worker) noexcept;
  SteadyTime note_work(Worker& worker) noexcept;
  void receive_work();
  void deliver(Frame&& frame);
  void deliver_one(Frame&& frame, const wire::View& view);
  void complete(Pending&& pending, std::uint64_t id, End end, Frame&& frame);
  std::optional<Pending> take_pending(std::uint64_t id);
  bool may_help() const noexcept;
  bool helped() const noexcept { return leader_ != nullptr && leader_->helps; }
  void run_ended(Lock& lock, const detail::StateBase& waits_for);
  void leave_unattended();
  void receive_for_others(bool wakes = true);
  bool has_work() const noexcept { return !requests_.empty() || !tasks_.empty(); }
  void take_work(TakeIn take_in, WorkPtr& task, SteadyTime now);
  void fail_pending();
  void wait_for_answer(Lock& lock, Caller& self, SteadyTime deadline);
  void lead_until_answered(Lock& lock, Caller& self, SteadyTime deadline, bool polled);
  bool nothing_is_left();
  void lead_until_requested(Lock& lock, Waiter& self);
  void stand_by(Lock& lock, Waiter& self);
  std::uint32_t follow(Lock& lock, Waiter& self, SteadyTime deadline);
  std::uint32_t sleep(Lock& lock, Waiter& self, SteadyTime deadline);
  void leave_to_work(SteadyTime taken);
  void hand_over(bool nothing_left = false);
  bool watch_in_sleep(Waiter& leader) noexcept;
  bool may_rest(bool stands_by = false) const noexcept;
  bool worker_returns() const noexcept { return watching_ && !resting_; }
  void rest() noexcept;
  void watch(SteadyTime since) noexcept;
  std::chrono::milliseconds look_interval() const noexcept;
  void wake_worker();
  void watch_socket();
  void wake_follower();
  void poke_leader() noexcept;
  void notify_loop() noexcept;
  bool poll_socket(Lock& lock, const Waiter& self, SteadyTime deadline);

  CombiningMutex mutex_;
  std::unique_ptr<LinkSocket> socket_;
  Link link_ = 0;
  bool leaving_ = false;          ///< the other end has said goodbye, and so have we
  std::uint64_t messages_ = 0;    ///< received
  SteadyTime message_time_{};     ///< when the last one was, once somebody has asked
  std::uint64_t last_taken_ = 0;  ///< the message of the request that a worker took last
  bool takes_bundles_ = false;    ///< the other end does
  Bundle bundle_;                 ///< answers and calls that wait for others
  SteadyTime bundled_since_{};    ///< the first of them
  Fifo<Frame> unsent_;            ///< younger than these; waits for the socket to take more
  SlotTable<Pending> pending_;
  Fifo<Request> requests_;      ///< received, not yet taken by a worker
  std::deque<WorkPtr> tasks_;   ///< the same for tasks
  std::vector<WorkPtr> ended_;  ///< completions for the thread that helps
  Waiter* leader_ = nullptr;
  bool polling_ = false;  ///< the leader does, without the lock
  bool polls_briefly_ = false;
  SteadyTime last_send_{};  ///< while somebody led
  SteadyTime last_look_{};  ///< the last of these that received to EAGAIN
  Waiter* standby_ = nullptr;
  WaiterList followers_;
  std::function<void()> need_workers_;  ///< empty once called
  const std::function<void(const Frame&)> unclaimed_;
  bool closed_ = false;
  int work_fd_ = -1;  ///< epoll of the socket and of notify_, for a loop that is not ours
  std::optional<EventFd> notify_;  ///< there is work that other threads have received
  EventFd wake_;                   ///< gets a leader that is no worker out of its poll
  SocketPoll caller_poll_;         ///< that poll, of a link that shows all there is
  Alarm alarm_;                    ///< what the stand-by sleeps on
  bool wanted_ = false;            ///< the stand-by is to get up
  bool watching_ = false;          ///< the stand-by looks from time to time
  SteadyTime look_due_{};          ///< and then the next time
  bool sends_late_ = false;        ///< it comes before that for what is in the bundle
  bool resting_ = false;         ///< nobody leads, and only the stand-by may change that by itself
  bool serves_ = false;          ///< calls come in, or may
  std::size_t completions_ = 0;  ///< of pending_
  std::size_t awaited_ = 0;      ///< of these
  bool helpable_ = true;
  bool helper_returns_ = false;      ///< nobody leads because a thread that helped has just gone
  std::size_t answers_given_ = 0;    ///< to threads that followed; only ever counted up
  std::size_t starts_expected_ = 0;  ///< one for each end that a thread which helped brought about
  Streak helper_returned_;           ///< that thread, at once
  Streak requests_done_;
  Flood oneways_;
  SteadyTime unattended_since_{};  ///< when a thread last left without anybody leading
};

}  // namespace rmi
