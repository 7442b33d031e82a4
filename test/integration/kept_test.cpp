// What a daemon makes of calls that come again, as a caller with a bare socket sees it.
#include <catch2/catch.hpp>
#include <future>
#include <optional>

#include "bus/annotations.hpp"
#include "bus/call_mark.hpp"
#include "test/integration/raw_peer.hpp"
#include "test/integration/till.hpp"

using namespace rmi_test;
using namespace till;

namespace {

/// A caller that makes its marks by hand.
struct Marker : RawPeer {
  explicit Marker(const std::string& endpoint) : RawPeer(endpoint) { greet("marker"); }

  std::uint64_t ticket() {
    send(rmi::wire::build({.kind = rmi::wire::Kind::call, .call_id = 1}, "till", "rmi.ticket", 0));
    const auto answer = take();
    REQUIRE(answer.kind() == rmi::wire::Kind::reply);
    std::uint64_t ticket = 0;
    rmi::decode(answer.view.payload, {}, ticket);
    return ticket;
  }
  template <auto Method, class... A>
  void attempt(const rmi::CallMark& mark, std::string_view method, std::uint64_t id,
               std::uint32_t remaining, const A&... arguments) {
    const rmi::Annotations notes{{"rmi.retry", std::vector<std::byte>(rmi::call_mark_size)}};
    std::vector<std::byte> block(rmi::annotations_size(notes));
    rmi::write_annotations(block, notes);
    rmi::Frame frame = rmi::wire::build({.kind = rmi::wire::Kind::call,
                                         .remaining_ms = remaining,
                                         .signature = rmi::detail::Signed<Method>::hash(),
                                         .call_id = id},
                                        "till", method, rmi::encoded_size(arguments...), block);
    rmi::encode(rmi::wire::payload_of(frame), arguments...);
    rmi::set_call_mark(frame, mark);
    send(frame);
  }
  void pay(const rmi::CallMark& mark, std::uint64_t id, int amount = 5) {
    attempt<&Till::pay>(mark, "pay", id, 0, amount);
  }
  void pay_slowly(const rmi::CallMark& mark, std::uint64_t id, int amount = 5) {
    attempt<&Till::pay_slowly>(mark, "pay_slowly", id, 0, amount);
  }
  /// Returns when the daemon has taken in all that was sent before.
  void wait_taken_in() {
    send(rmi::wire::build({.kind = rmi::wire::Kind::call, .call_id = 2}, "other", "rmi.ping", 0));
    const auto answer = take();
    CHECK(answer.kind() == rmi::wire::Kind::reply);
    CHECK(answer.id() == 2);
  }
};

int result_of(const Message& answer, std::uint64_t id) {
  REQUIRE(answer.kind() == rmi::wire::Kind::reply);
  CHECK(answer.id() == id);
  int result = 0;
  rmi::decode(answer.view.payload, {}, result);
  return result;
}

template <class T>
void answer(RawPeer& daemon, const Message& call, const T& result) {
  rmi::Frame frame = rmi::wire::build({.kind = rmi::wire::Kind::reply,
                                       .call_id = call.id(),
                                       .registration = call.view.header.registration},
                                      {}, {}, rmi::encoded_size(result));
  rmi::encode(rmi::wire::payload_of(frame), result);
  daemon.send(frame);
}

}  // namespace

TEST_CASE("the last attempt gets the answer, and one that it overtook nothing") {
  Shop shop;
  Marker first(shop.endpoint);
  Marker second(shop.endpoint);
  const auto ticket = first.ticket();
  first.pay_slowly({ticket, 1, 2}, 10);
  first.wait_taken_in();
  second.pay_slowly({ticket, 1, 3}, 20);
  second.pay_slowly({ticket, 1, 1}, 21);  // was on its way for long
  second.wait_taken_in();
  shop.till->open = true;
  CHECK(result_of(second.take(), 20) == 5);
  CHECK(shop.till->runs == 1);
  second.pay_slowly({ticket, 1, 4}, 22);
  CHECK(result_of(second.take(), 22) == 5);
  CHECK(shop.till->runs == 1);
}

TEST_CASE("a method that answers later answers the last attempt") {
  Shop shop;
  Marker caller(shop.endpoint);
  const auto ticket = caller.ticket();
  caller.attempt<&Till::pay_later>({ticket, 1, 1}, "pay_later", 10, 0);
  caller.wait_taken_in();
  caller.attempt<&Till::pay_later>({ticket, 1, 2}, "pay_later", 20, 0);
  caller.wait_taken_in();
  shop.till->later.set_value(7);
  CHECK(result_of(caller.take(), 20) == 7);
  caller.attempt<&Till::pay_later>({ticket, 1, 3}, "pay_later", 30, 0);
  CHECK(result_of(caller.take(), 30) == 7);
  CHECK(shop.till->runs == 1);
}

TEST_CASE(
    "a call goes on when the connection is lost that it came by, and is made again by another") {
  Shop shop;
  std::optional<Marker> direct(std::in_place, shop.daemon->direct_endpoint());
  const auto ticket = direct->ticket();
  direct->pay_slowly({ticket, 1, 1}, 10);
  direct->wait_taken_in();
  direct.reset();
  Marker brokered(shop.endpoint);
  brokered.pay_slowly({ticket, 1, 2}, 20);
  brokered.wait_taken_in();
  shop.till->open = true;
  CHECK(result_of(brokered.take(), 20) == 5);
  CHECK(shop.till->runs == 1);
  CHECK(shop.till->stopped == 0);
}

TEST_CASE("whoever makes a call again may give it up") {
  Shop shop;
  Marker caller(shop.endpoint);
  const auto ticket = caller.ticket();
  caller.pay_slowly({ticket, 1, 1}, 10);
  caller.wait_taken_in();
  caller.pay_slowly({ticket, 1, 2}, 20);
  caller.wait_taken_in();
  CHECK(shop.till->stopped == 0);
  caller.control(rmi::wire::Kind::cancel, 20);
  CHECK(eventually([&] { return shop.till->stopped == 1; }));
}

TEST_CASE("a call whose reply was dropped is refused instead of being run again") {
  Shop shop(2);
  Marker caller(shop.endpoint);
  const auto ticket = caller.ticket();
  for (const std::uint64_t number : {1U, 2U, 3U}) {
    caller.pay({ticket, number, 1}, 10 + number, 1);
    CHECK(result_of(caller.take(), 10 + number) == static_cast<int>(number));
  }
  caller.pay({ticket, 1, 2}, 20, 1);
  const auto refused = caller.take();
  CHECK(refused.id() == 20);
  CHECK(refused.code() == rmi::ErrorCode::connection_lost);
  CHECK(refused.outcome() == rmi::Outcome::not_executed);
  check_says(refused.error.text, "has dropped the reply");
  caller.pay({ticket, 2, 2}, 21, 1);
  CHECK(result_of(caller.take(), 21) == 2);
  caller.pay({ticket + 1, 9, 1}, 22, 1);
  CHECK(caller.take().code() == rmi::ErrorCode::connection_lost);
  CHECK(shop.till->runs == 3);
}

TEST_CASE("a call that expired in the queue runs when it is made again") {
  Shop shop;
  Marker caller(shop.daemon->direct_endpoint());  // a broker might answer before the daemon
  const auto ticket = caller.ticket();
  caller.pay_slowly({ticket, 1, 1}, 10, 1);
  caller.attempt<&Till::pay>({ticket, 2, 1}, "pay", 20, 20, 2);
  const auto expired = caller.take();
  CHECK(expired.id() == 20);
  CHECK(expired.code() == rmi::ErrorCode::timeout);
  CHECK(expired.outcome() == rmi::Outcome::not_executed);
  caller.pay({ticket, 2, 2}, 21, 2);
  caller.wait_taken_in();
  shop.till->open = true;
  CHECK(result_of(caller.take(), 10) == 1);
  CHECK(result_of(caller.take(), 21) == 3);
  CHECK(shop.till->runs == 2);
}

TEST_CASE("an answer with a reference is given once") {
  Shop shop;
  Marker caller(shop.endpoint);
  const auto ticket = caller.ticket();
  caller.attempt<&Till::receipt>({ticket, 1, 1}, "receipt", 10, 0);
  CHECK(caller.take().kind() == rmi::wire::Kind::reply);
  caller.attempt<&Till::receipt>({ticket, 1, 2}, "receipt", 11, 0);
  const auto refused = caller.take();
  CHECK(refused.code() == rmi::ErrorCode::connection_lost);
  CHECK(refused.outcome() == rmi::Outcome::executed);
  check_says(refused.error.text, "till.receipt ran, but its answer was lost and is not kept");
  CHECK(shop.till->runs == 1);
  CHECK(shop.proxy()->receipt()->number() == 1);
}

TEST_CASE("a caller waits for a daemon that lost its connection, and makes the same call again") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  std::optional<RawPeer> lost(std::in_place, broker.endpoint());
  lost->greet("daemon");
  lost->serve("till");
  auto paid = std::async(std::launch::async,
                         [&] { return rmi::Proxy<Till>(bus, "till").retried()->pay(5); });
  const auto asked = lost->take();
  CHECK(asked.view.method == "rmi.ticket");
  answer(*lost, asked, std::uint64_t{77});
  const auto first = rmi::find_call_mark(lost->take().view.annotations);
  REQUIRE(first);
  CHECK(first->ticket == 77);
  lost.reset();
  const rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  REQUIRE(eventually([&] { return control->info().counters["refused.NameNotFound"] != 0; }));

  RawPeer back(broker.endpoint());
  back.greet("daemon");
  back.serve("till");
  const auto again = back.take();
  const auto second = rmi::find_call_mark(again.view.annotations);
  REQUIRE(second);
  CHECK(second->ticket == 77);
  CHECK(second->number == first->number);
  CHECK(second->attempt > first->attempt);
  answer(back, again, 5);
  CHECK(paid.get() == 5);
}
