// A daemon that listens itself: callers that ask for it need not go through the broker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <rmi/log.hpp>

#include "bus/control.hpp"
#include "bus/host.hpp"
#include "bus/listen.hpp"
#include "bus/socket.hpp"

namespace rmi {

/// One ROUTER. A thread of its own receives and hands calls to the host; answers are sent by the
/// threads that have them. Whoever sends also lets libzmq read what came meanwhile, and its
/// descriptor shows that only once: so the sender wakes the thread if there is something.
///
/// A caller that says which session at the broker is its own becomes that session here too, once
/// that session has confirmed it. One that has none gets a number of its own.
/// Thread safety: thread safe.
class Listener final : public Route, public std::enable_shared_from_this<Listener> {
 public:
  /// Listens at once. @throws as listen()
  Listener(Host& host, const std::string& endpoint, std::size_t max_message, LogSink log);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Where, with the real port.
  const std::string& endpoint() const noexcept { return endpoint_; }
  /// Receives from now on.
  void start();
  /// Tells its peers that it goes. Each says so in turn after the last thing that it sends; waits
  /// for that, at most until then.
  void say_goodbye(SteadyTime deadline);
  /// Receives nothing more; answers still go out.
  void stop();
  bool answer(Frame& frame, std::uint64_t link, bool takes_next) override;

 private:
  /// One caller.
  struct Peer {
    std::string id;  ///< routing id, libzmq's own
    std::uint32_t session = 0;
    bool welcome = false;
  };
  struct Message {
    std::uint64_t link;
    Frame frame;
  };

  void run();
  std::vector<Message> receive_all();
  void take(Message message);
  void on_hello(std::uint64_t link, const wire::View& view);
  void let_in(std::uint64_t link, std::uint64_t call_id, std::uint32_t session);
  void refuse(std::uint64_t link, std::uint64_t call_id, ErrorCode code, const std::string& text);
  bool heard_disconnect();
  void ping_all();
  void lose(std::uint64_t link, bool may_return);
  bool send(const std::string& id, Frame& frame);
  void wake() noexcept;
  void log(const LogLine& line) const {
    if (log_) log_(line);
  }

  Host& host_;
  const std::size_t max_message_;
  const LogSink log_;
  ZmqContext context_;
  void* socket_;
  void* monitor_;
  int fd_ = -1;
  int wake_fd_;
  std::string endpoint_;
  std::unique_ptr<SocketFile> file_;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  ///< guards the socket and what follows
  std::map<std::string, std::uint64_t, std::less<>> links_;
  std::map<std::uint64_t, Peer> peers_;
  std::uint64_t last_link_ = 0;
  std::uint32_t last_session_ = 0;
  std::condition_variable peer_left_;

  std::thread thread_;
};

}  // namespace rmi
