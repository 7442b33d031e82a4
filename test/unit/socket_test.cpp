// A connecting socket over libzmq, and what it hears of its connection.
#include <catch2/catch.hpp>
#include <optional>

#include "test/unit/channel_fixture.hpp"

using namespace rmi_test;

TEST_CASE("a socket that lies where another one was a moment ago hears of its own connection") {
  ZmqContext context;
  Peer peer(context);
  std::optional<DealerSocket> socket;
  int up = 0;
  for (int i = 0; i < 200; ++i) {
    socket.emplace(context, peer.endpoint(), link_limits);
    auto event = LinkEvent::none;
    for (int look = 0; look < 30 && event == LinkEvent::none; ++look)
      event = socket->next_event(-1, 100ms);
    if (event != LinkEvent::up) break;
    ++up;
    socket->abandon();
  }
  CHECK(up == 200);
}
