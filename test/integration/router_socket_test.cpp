// The broker's socket while a message to a peer is open: nothing that comes between gets into it.
#include "ns/router_socket.hpp"

#include <zmq.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "bus/socket.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using rmi::ns::RouterSocket;
using rmi::ns::SendResult;

namespace {

using What = RouterSocket::Received::What;

rmi::Frame pong(std::uint64_t id) {
  return rmi::wire::build({.kind = rmi::wire::Kind::pong, .call_id = id}, {}, {}, 0);
}

/// A socket, and a peer of it that has said something.
struct Sockets {
  Sockets() {
    peer.send(pong(0));
    REQUIRE(router.receive(received, std::nullopt));
    REQUIRE(received.what == What::frame);
  }
  /// Sends one message to the peer, and begins another.
  void leave_open() {
    for (std::uint64_t id = 1; id <= 2; ++id) {
      auto frame = pong(id);
      REQUIRE(router.send_bundled(received.peer, frame) == SendResult::sent);
    }
  }
  void wait_until_readable() {
    zmq_pollitem_t item{.socket = router.native(), .fd = 0, .events = ZMQ_POLLIN, .revents = 0};
    REQUIRE(zmq_poll(&item, 1, 30'000) == 1);
  }
  void check_peer_has_both() {
    CHECK(peer.take().id() == 1);
    CHECK(peer.take().id() == 2);
  }

  rmi::ZmqContext context;
  RouterSocket router{context,
                      {.endpoints = {rmi::Endpoint::parse_listen("tcp://127.0.0.1:*")},
                       .max_message = 10'000,
                       .queue = 100}};
  RawPeer peer{router.endpoints().front()};
  RouterSocket::Received received;
};

}  // namespace

TEST_CASE("a peer that chose its routing id is refused while a message to another is open") {
  Sockets sockets;
  RawPeer stranger(sockets.router.endpoints().front(), "an id of its own");
  stranger.send(pong(3));
  sockets.wait_until_readable();
  sockets.leave_open();
  RouterSocket::Received next;
  REQUIRE(sockets.router.receive_now(next));
  REQUIRE(next.what == What::own_id);
  CHECK_FALSE(sockets.router.receive_now(next));
  sockets.check_peer_has_both();
  CHECK(stranger.take().code() == rmi::ErrorCode::protocol);
}

TEST_CASE("a message too large for a bundle follows what is open") {
  Sockets sockets;
  sockets.leave_open();
  auto large = rmi::wire::build({.kind = rmi::wire::Kind::pong, .call_id = 3}, {}, {},
                                rmi::Bundle::max_frame);
  REQUIRE(sockets.router.send_bundled(sockets.received.peer, large) == SendResult::sent);
  sockets.check_peer_has_both();
  CHECK(sockets.peer.take().id() == 3);
}

TEST_CASE("what is open is sent before the socket waits, and when nothing more is there") {
  Sockets sockets;
  RouterSocket::Received next;
  sockets.leave_open();
  SECTION("it waits") {
    CHECK_FALSE(sockets.router.receive(next, std::chrono::milliseconds(0)));
  }
  SECTION("nothing more is there") {
    CHECK_FALSE(sockets.router.receive_now(next));
  }
  sockets.check_peer_has_both();
}
