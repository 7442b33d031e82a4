// Direct callers over Unix stream sockets: the local lane.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "bus/bundle.hpp"
#include "bus/busy_poll.hpp"
#include "bus/event_fd.hpp"
#include "bus/frame_stream.hpp"
#include "daemon/lane_folder.hpp"
#include "daemon/peer_sockets.hpp"

namespace rmi {

/// A listening socket and an epoll. Only processes of the same user are let in.
class UnixPeers final : public PeerSockets {
 public:
  /// @throws std::runtime_error  no private folder, or the system refuses; the text says why.
  UnixPeers(std::size_t max_message, LogSink log);
  ~UnixPeers() override;

  const std::string& endpoint() const noexcept override { return endpoint_; }
  std::size_t most_together() const noexcept override { return Bundle::most_over_lane; }
  void receive(std::vector<Message>& into) override;
  bool send(std::uint64_t peer, Frame& frame) override;
  void forget(std::uint64_t peer) override;
  void wake() noexcept override { wake_.ring(); }

 private:
  using Stream = std::shared_ptr<FrameStream>;
  void accept_all();
  void watch(int operation, int fd, std::uint32_t events, std::uint64_t number) noexcept;
  void watch_for_room(std::uint64_t peer, const FrameStream& stream);
  Stream find(std::uint64_t peer);
  void read_from(std::uint64_t peer, std::uint32_t events, std::vector<Message>& into);

  const std::size_t max_message_;
  const LogSink log_;
  LaneFile file_;
  const std::string endpoint_;
  const int epoll_fd_;
  EventFd wake_;
  BusyPoll busy_;
  bool accepting_ = true;  ///< false while the process has no descriptor left

  std::mutex mutex_;  ///< guards what follows
  std::map<std::uint64_t, Stream> streams_;
  std::uint64_t last_peer_;
};

}  // namespace rmi
