// Direct callers over libzmq.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "bus/bundle.hpp"
#include "bus/event_fd.hpp"
#include "bus/listen.hpp"
#include "bus/socket.hpp"
#include "daemon/peer_sockets.hpp"

namespace rmi {

/// One ROUTER and its monitor. Whoever sends also lets libzmq read what came meanwhile, and its
/// descriptor shows that only once: so the sender looks, and tells the receiver if there is
/// something. The receiver looks by itself only after it has sent something.
class RouterPeers final : public PeerSockets {
 public:
  /// @throws as listen()
  RouterPeers(const std::string& endpoint, std::size_t max_message);
  ~RouterPeers() override;

  const std::string& endpoint() const noexcept override { return endpoint_; }
  std::size_t most_together() const noexcept override { return Bundle::max_size; }
  void receive(std::vector<Message>& into) override;
  bool send(std::uint64_t peer, Frame& frame) override;
  void forget(std::uint64_t peer) override;
  void wake() noexcept override { wake_.ring(); }

 private:
  bool heard_disconnect();
  bool anything_unread();
  bool may_have_read();
  void receive_all(std::vector<Message>& into);
  void find_gone(std::vector<Message>& into);
  bool send_to(const std::string& id, Frame& frame);

  ZmqContext context_;
  void* socket_;
  void* monitor_;
  int fd_ = -1;
  int monitor_fd_ = -1;
  bool monitor_shows_ = true;  ///< for the receiver
  EventFd wake_;
  std::string endpoint_;
  std::unique_ptr<SocketFile> file_;

  std::mutex mutex_;    ///< guards the socket and what follows
  bool unread_ = true;  ///< libzmq may have something that its descriptor does not show any more
  std::thread::id receiver_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
  std::map<std::uint64_t, std::string> ids_;  ///< routing ids, libzmq's own
  std::uint64_t last_peer_ = 0;
};

}  // namespace rmi
