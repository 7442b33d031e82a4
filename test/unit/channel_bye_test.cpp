// The goodbye of the other end: nothing is sent after our own, and what was sent is answered.
#include <catch2/catch.hpp>
#include <thread>

#include "test/unit/channel_fixture.hpp"

using namespace rmi_test;

TEST_CASE("after a goodbye nothing more is sent, and what was sent is still answered") {
  Fixture fixture;
  std::thread other_end([&] {
    Frame call;
    if (!fixture.peer.receive(call)) return;
    fixture.peer.send(wire::build({.kind = wire::Kind::bye}, {}, {}, 0));
    Frame bye;
    if (!fixture.peer.receive(bye)) return;
    wire::set_kind(call,
                   wire::kind_of(bye) == wire::Kind::bye ? wire::Kind::reply : wire::Kind::error);
    fixture.peer.send(std::move(call));
  });
  auto answer = fixture.channel.exchange(numbered(wire::Kind::call, 7), fixture.link, in(60s));
  other_end.join();
  REQUIRE(answer.end == Channel::End::answered);
  CHECK(wire::kind_of(answer.frame) == wire::Kind::reply);

  Frame oneway = numbered(wire::Kind::call, 8);
  CHECK_FALSE(fixture.channel.post(oneway, fixture.link));
  CHECK(fixture.channel.exchange(numbered(wire::Kind::call, 9), fixture.link, in(60s)).end ==
        Channel::End::not_sent);
}

TEST_CASE("a new socket ends the silence after a goodbye") {
  Fixture fixture;
  std::thread other_end([&] {
    Frame call;
    if (!fixture.peer.receive(call)) return;
    fixture.peer.send(wire::build({.kind = wire::Kind::bye}, {}, {}, 0));
    wire::set_kind(call, wire::Kind::reply);
    fixture.peer.send(std::move(call));
    Frame bye;
    fixture.peer.receive(bye);
  });
  fixture.channel.exchange(numbered(wire::Kind::call, 1), fixture.link, in(60s));
  other_end.join();
  fixture.channel.detach();
  auto socket =
      std::make_unique<DealerSocket>(fixture.context, fixture.peer.endpoint(), link_limits);
  while (socket->next_event(-1, 1000ms) != LinkEvent::up) {
  }
  const Link link = fixture.channel.attach(std::move(socket));
  auto echo = fixture.echo(1);
  auto answer = fixture.channel.exchange(numbered(wire::Kind::call, 2), link, in(60s));
  echo.join();
  CHECK(answer.end == Channel::End::answered);
}

TEST_CASE("what came before the end of a connection is received after it") {
  ZmqContext context;
  Peer peer(context);
  DealerSocket socket(context, peer.endpoint(), link_limits);
  while (socket.next_event(-1, 1000ms) != LinkEvent::up) {
  }
  Frame call = numbered(wire::Kind::call, 1);
  REQUIRE(socket.send(call));
  REQUIRE(peer.receive(call));
  peer.send(numbered(wire::Kind::reply, 1));
  peer.end();
  while (socket.next_event(-1, 1000ms) != LinkEvent::down) {
  }
  Frame reply;
  REQUIRE(socket.receive(reply));
  CHECK(payload_number(reply) == 1);
}
