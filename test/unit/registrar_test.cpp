// The daemon's entries at the name server, with a broker that a test drives by hand.
#include "daemon/registrar.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <rmi/archive.hpp>

#include "bus/control.hpp"
#include "test/unit/channel_fixture.hpp"

using namespace rmi_test;

namespace {

/// A broker that notes which names are entered and given back, and a registrar.
struct Place {
  ZmqContext context;
  std::optional<Peer> broker{std::in_place, context};
  std::optional<Registrar> registrar;
  std::atomic<Registrar*> entering{nullptr};
  std::map<std::uint64_t, std::string> entered;
  std::set<std::string> released;
  std::optional<NameMode> last_mode;
  std::promise<void> all_entered;
  std::uint64_t last_number = 0;
  Connection connection;  // last: its thread uses what lies before it

  explicit Place(std::chrono::milliseconds patience = 30s)
      : connection({.endpoint = broker->endpoint(), .program = "test", .log = {}},
                   {.ready = [this](const Welcome&) {
                     entering.load()->enter_all();
                     if (registrar->all_entered()) all_entered.set_value();
                   }}) {
    entering = &registrar.emplace(connection, nullptr, patience);
  }
  ~Place() { connection.stop(); }

  void welcome() {
    Frame hello;
    REQUIRE(broker->receive(hello));
    Welcome welcome;
    welcome.epoch = 1;
    welcome.renew_ms = 1000;
    welcome.max_message = 1 << 20;
    welcome.session = 1;
    broker->send(make_welcome(wire::call_id_of(std::as_const(hello).bytes()), welcome));
  }
  /// Ends without a word, and listens anew.
  void restart_broker() {
    const std::string endpoint = broker->endpoint();
    broker.reset();
    broker.emplace(context, endpoint);
  }
  Frame call() {
    Frame frame;
    REQUIRE(broker->receive(frame));
    return frame;
  }
  static wire::View view(const Frame& frame) {
    return std::get<wire::View>(wire::parse(frame.bytes()));
  }
  /// What a name server does.
  void answer(const Frame& frame) {
    const wire::View asked = view(frame);
    if (asked.method == "enter") {
      NameOffer offer;
      decode(asked.payload, {}, offer);
      entered[++last_number] = offer.name;
      last_mode = offer.mode;
      reply(asked, last_number);
    } else {
      std::uint64_t number = 0;
      decode(asked.payload, {}, number);
      released.insert(entered.at(number));
      reply(asked, true);
    }
  }
  template <class T>
  void reply(const wire::View& asked, const T& value) {
    Frame frame = wire::build({.kind = wire::Kind::reply, .call_id = asked.header.call_id}, {}, {},
                              encoded_size(value));
    encode(wire::payload_of(frame), value);
    broker->send(std::move(frame));
  }
  /// Has `act` done on a thread of its own, and answers what that asks for; `first` before.
  void answer_while(const std::function<void()>& act, const Frame* first = nullptr) {
    std::thread acting([&] {
      act();
      Frame last = wire::build({.kind = wire::Kind::ping}, {}, {}, 0);
      connection.put(last, connection.link());
    });
    if (first != nullptr) answer(*first);
    for (;;) {
      const Frame frame = call();
      if (view(frame).header.kind == wire::Kind::ping) break;
      answer(frame);
    }
    acting.join();
  }
};

}  // namespace

TEST_CASE("a name that is given back while it is being entered does not stay at the broker") {
  Place place;
  place.registrar->add({.name = "one"});
  place.registrar->add({.name = "two"});
  place.welcome();
  const Frame first = place.call();
  CHECK(Place::view(first).method == "enter");
  place.answer_while(
      [&] {
        place.registrar->release_all();
        place.all_entered.get_future().wait();
      },
      &first);
  for (const auto& [number, name] : place.entered)
    CHECK(place.released.contains(name));
  CHECK(place.released.contains("one"));
}

TEST_CASE("a name of which nobody knows whether it was entered is given back as well") {
  Place place(2s);
  place.welcome();
  place.all_entered.get_future().wait();
  const bool replaces = GENERATE(false, true);
  place.registrar->add({.name = "one", .mode = replaces ? NameMode::replace : NameMode::safe});
  const Frame unanswered = place.call();
  CHECK(Place::view(unanswered).method == "enter");
  CHECK(Place::view(place.call()).header.kind == wire::Kind::cancel);
  CHECK_FALSE(place.registrar->all_entered());
  place.answer_while([&] { place.registrar->release_all(); });
  CHECK(place.released.contains("one"));
  CHECK(place.last_mode == NameMode::safe);  // it takes the name from nobody
}

TEST_CASE("a broker that dies while names are entered is noticed, and the next one is told all") {
  Place place(10min);
  place.registrar->add({.name = "one"});
  place.registrar->add({.name = "two"});
  const bool greeted = GENERATE(true, false);
  if (greeted) {
    place.welcome();
    CHECK(Place::view(place.call()).method == "enter");
  } else {
    CHECK(Place::view(place.call()).header.kind == wire::Kind::hello);
  }
  place.restart_broker();
  place.welcome();
  place.answer_while([&] { place.all_entered.get_future().wait(); });
  CHECK(place.registrar->all_entered());
}

TEST_CASE("a daemon ends at once while a broker does not answer") {
  Place place(10min);
  place.registrar->add({.name = "one"});
  place.welcome();
  CHECK(Place::view(place.call()).method == "enter");
  place.connection.stop();
}
