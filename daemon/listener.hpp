// A daemon that listens itself: callers that ask for it need not go through the broker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <rmi/log.hpp>

#include "bus/alarm.hpp"
#include "bus/control.hpp"
#include "bus/host.hpp"
#include "daemon/held_answers.hpp"
#include "daemon/peer_sockets.hpp"

namespace rmi {

/// One of its two threads leads: it receives, and runs calls itself as long as they turn out to be
/// quick, because waking a worker costs more than such a call. The other one stands by. It looks
/// every few milliseconds, while there are calls, whether one has taken long after all, and leads
/// from then on.
///
/// Answers to calls that came in a bundle leave in one (held_answers.hpp), as long as calls are
/// quick and the leader runs them. Whoever leads sends what is held before it waits,
/// and when it takes the lead over.
///
/// A caller that says which session at the broker is its own becomes that session here too, once
/// that session has confirmed it. One that has none gets a number of its own.
/// Thread safety: thread safe.
class Listener final : public Route, public std::enable_shared_from_this<Listener> {
 public:
  /// Listens at once. @throws as open_peer_sockets()
  Listener(Host& host, const std::string& endpoint, std::size_t max_message, const LogSink& log);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Where, with the real port.
  const std::string& endpoint() const noexcept { return sockets_->endpoint(); }
  /// Receives from now on, on threads that the host joins at its end.
  void start();
  /// Tells its peers that it goes. Each says so in turn after the last thing that it sends; waits
  /// for that, at most until then.
  void say_goodbye(SteadyTime deadline);
  /// Receives nothing more; answers still go out.
  void stop();
  bool answer(Frame& frame, std::uint64_t link, bool takes_next) override;

 private:
  using Message = PeerSockets::Message;
  using Lock = std::unique_lock<std::mutex>;
  /// One caller.
  struct Peer {
    std::uint32_t session = 0;
    bool welcome = false;
    bool bundles = false;  ///< it takes them
  };
  /// What was received and is still to be taken.
  struct Arrival {
    Message message;
    std::uint64_t bundle = 0;  ///< in which it came, of a peer that takes bundles; 0 is none
  };

  void run();
  void lead(Lock& lock);
  void stand_by(Lock& lock);
  bool leader_stays_away() const;
  bool may_run_here(SteadyTime now);
  void came_back();
  void add(Message message);
  bool more_answers_follow() const;
  void be_cautious();

  void take(Message message);
  std::uint32_t session_of(std::uint64_t link);
  bool takes_bundles(std::uint64_t link);
  void on_hello(std::uint64_t link, const wire::View& view);
  void let_in(std::uint64_t link, std::uint64_t call_id, std::uint32_t session);
  void refuse(std::uint64_t link, std::uint64_t call_id, ErrorCode code, const std::string& text);
  void lose(std::uint64_t link, bool may_return);

  Host& host_;
  const std::size_t max_message_;
  const std::unique_ptr<PeerSockets> sockets_;
  const Host::MayRunHere may_run_here_ = [this](SteadyTime now) { return may_run_here(now); };
  std::atomic<bool> stopping_{false};
  Alarm alarm_;  ///< what the stand-by sleeps on

  std::mutex lead_mutex_;  ///< guards what follows
  std::deque<Arrival> arrivals_;
  std::uint64_t last_bundle_ = 0;   ///< that has come
  std::uint64_t taken_bundle_ = 0;  ///< of the arrival that was taken last
  HeldAnswers held_;
  std::thread::id runs_calls_{};  ///< the leader, once it has run one itself
  std::uint64_t turn_ = 0;        ///< counts the leaders
  bool led_ = false;
  bool standing_by_ = false;
  bool watching_ = false;    ///< the stand-by looks from time to time
  SteadyTime away_since_{};  ///< the leader runs a call; never, if it does not
  std::uint64_t absences_ = 0;
  unsigned caution_ = 0;       ///< so many of the next calls go to workers
  unsigned next_caution_ = 0;  ///< after the next one that takes long
  unsigned quick_ = 0;         ///< in a row

  std::mutex mutex_;  ///< guards what follows
  std::map<std::uint64_t, Peer> peers_;
  std::uint32_t last_session_ = 0;
  std::condition_variable peer_left_;
};

}  // namespace rmi
