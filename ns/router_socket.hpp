// The broker's ROUTER: every peer hangs on this one socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rmi/endpoint.hpp>

#include "bus/bundle.hpp"
#include "bus/listen.hpp"
#include "bus/socket.hpp"
#include "ns/transport.hpp"
#include "ns/zap.hpp"

namespace rmi::ns {

/// What a ControlLine says to the thread that owns the socket.
struct ControlMessage {
  enum class What : std::uint8_t {
    stop = 1,
    drain,
    connected,      ///< a connection began; value is its file descriptor
    disconnected,   ///< one ended; the same
    accept_failed,  ///< value is the errno
    stored,         ///< the store has something to say
    active,         ///< this process has grown, or was busy
    posted,         ///< another thread wants something done
  };
  What what = What::stop;
  std::int32_t value = 0;
};

/// Thread safety: constructed anywhere, then used by one thread, its owner. Never blocks on a send.
class RouterSocket final : public Transport {
 public:
  struct Options {
    std::vector<Endpoint> endpoints;
    bool insecure = false;
    /// Of tcp endpoints; null for none. A ZapHandler must be there in the same context.
    std::shared_ptr<const BrokerKeys> keys{};
    std::size_t max_message = 0;
    std::size_t queue = 0;  ///< messages that may wait for one peer
  };
  struct Received {
    enum class What : std::uint8_t {
      frame,
      many_frames,  ///< a message of more frames than one; they are dropped
      own_id,       ///< from a peer that chose its routing id: its messages are dropped
      control,
    };
    What what = What::frame;
    Peer peer = nobody;
    Frame frame;  ///< of `frame`
    ControlMessage control;
  };

  /// Listens at once. @throws as listen()
  RouterSocket(ZmqContext& context, const Options& options);
  ~RouterSocket() override;
  RouterSocket(const RouterSocket&) = delete;
  RouterSocket& operator=(const RouterSocket&) = delete;

  SendResult send(Peer to, Frame& frame) override;
  SendResult send_bundled(Peer to, Frame& frame) override;
  void flush() noexcept override;
  Origin origin_of(Frame& received) override;
  bool all_received() const noexcept override { return empty_; }
  void hang_up(const Link& link) override;
  /// Waits for a message; nullopt waits without end. @return false when the time is over.
  bool receive(Received& into, std::optional<std::chrono::milliseconds> longest);
  /// What is there already.
  bool receive_now(Received& into);
  /// Lets libzmq notice what happened to connections, so that the next send() is up to date.
  void refresh() noexcept;

  /// The file descriptor of the connection that a frame came over; -1 if libzmq does not say.
  static int source_of(Frame& frame) noexcept;
  /// The connection of a descriptor; none if that is closed.
  static Link link_of(int fd) noexcept;

  /// Where it listens, with real ports.
  const std::vector<std::string>& endpoints() const noexcept { return endpoints_; }
  void* native() noexcept { return socket_; }
  /// Where a ControlLine connects, and the secret by which it is known. Whoever has it can stop
  /// the broker.
  const std::string& control_endpoint() const noexcept { return control_endpoint_; }
  const std::string& control_secret() const noexcept { return control_secret_; }

 private:
  bool receive_with(Received& into, int flags);
  void classify(const Frame& id, bool many, Received& received);
  void configure(const Options& options);
  void listen_at(const Options& options, Endpoint::Transport transport);
  void require_keys(const BrokerKeys& keys, std::size_t max_message);
  void close() noexcept;
  void refuse_own_id(const Frame& id);
  SendResult begin(std::span<const std::byte> id) noexcept;

  void* socket_;
  Peer open_ = nobody;  ///< libzmq has been told whom the next message is for, but not it itself
  Bundle bundle_;       ///< what that will be; empty if there is none
  int timeout_ = -1;
  bool has_keys_ = false;
  bool empty_ = true;  ///< nothing was there to be received when it was last tried
  std::string control_endpoint_;
  std::string control_secret_;
  std::vector<std::string> endpoints_;
  std::vector<SocketFile> files_;
};

}  // namespace rmi::ns
