// Bundles between a caller and a daemon that listens: what comes together is answered together.
#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "test/integration/bundled.hpp"
#include "test/integration/fixture.hpp"
#include "test/integration/held.hpp"
#include "test/integration/raw_peer.hpp"
#include "test/support/sanitized.hpp"

using namespace rmi_test;
using FrameKind = rmi::wire::Kind;

namespace benches {

class Bench {
 public:
  int quick() { return 1; }
  bool slow() { return held.wait_until_let_go(); }
  Held held;
};
RMI_INTERFACE(Bench, quick, slow)

}  // namespace benches

namespace {

using benches::Bench;

/// A daemon that listens, and a caller there.
struct Direct {
  explicit Direct(bool caller_takes) {
    daemon.serve("bench", bench, {.concurrent = true});
    caller.greet("caller", 0, caller_takes);
  }
  ~Direct() { bench->held.let_go(); }

  static rmi::Daemon::Options listening(const std::string& broker) {
    auto options = quiet_daemon(broker);
    options.listen = "tcp://127.0.0.1:*";
    return options;
  }
  template <auto Method>
  static rmi::Frame call(std::uint64_t id, std::string_view method, std::uint16_t flags = 0) {
    return rmi::wire::build({.kind = FrameKind::call,
                             .flags = flags,
                             .signature = rmi::detail::Signed<Method>::hash(),
                             .call_id = id},
                            "bench", method, 0);
  }
  static rmi::Frame quick(std::uint64_t id) { return call<&Bench::quick>(id, "quick"); }
  static rmi::Frame oneway(std::uint64_t id) {
    return call<&Bench::quick>(id, "quick", rmi::wire::flag::oneway);
  }
  static rmi::Frame slow(std::uint64_t id) { return call<&Bench::slow>(id, "slow"); }

  /// So many answers. @return of each message how many it had.
  std::vector<std::size_t> take_answers(std::size_t answers) {
    std::vector<std::size_t> sizes;
    while (answers > 0) {
      std::vector<Message> parts;
      Message message = caller.take();
      if (message.kind() == FrameKind::bundle)
        parts = frames_of(std::move(message));
      else
        parts.push_back(std::move(message));
      for (const auto& part : parts) {
        REQUIRE(part.kind() == FrameKind::reply);
        ++answered[part.id()];
      }
      REQUIRE(parts.size() <= answers);
      sizes.push_back(parts.size());
      answers -= parts.size();
    }
    return sizes;
  }
  /// From then on calls are expected to be quick.
  void make_quick_calls() {
    for (std::uint64_t id = 1'000'000; id < 1'000'100; ++id) {
      caller.send(quick(id));
      take_answers(1);
    }
  }

  rmi::EmbeddedBroker broker{quiet_broker()};
  rmi::Daemon daemon{listening(broker.endpoint())};
  std::shared_ptr<Bench> bench = std::make_shared<Bench>();
  RawPeer caller{daemon.direct_endpoint()};
  std::map<std::uint64_t, int> answered;
};

}  // namespace

TEST_CASE("quick calls that come in a bundle are answered in bundles") {
  Direct direct(true);
  std::uint64_t id = 0;
  // Any call may lose its core, and looks as if it were slow then.
  const bool together = eventually([&] {
    direct.make_quick_calls();
    direct.caller.send(
        bundle_of(Direct::quick(id + 1), Direct::quick(id + 2), Direct::quick(id + 3)));
    id += 3;
    return direct.take_answers(3).size() < 3 || sanitized;  // no call is quick then
  });
  CHECK(together);
  for (std::uint64_t sent = 1; sent <= id; ++sent)
    CHECK(direct.answered[sent] == 1);
}

TEST_CASE("who does not take bundles is answered one by one") {
  Direct direct(false);
  direct.make_quick_calls();
  direct.caller.send(bundle_of(Direct::quick(1), Direct::quick(2), Direct::quick(3)));
  CHECK(direct.take_answers(3) == std::vector<std::size_t>{1, 1, 1});
}

TEST_CASE("answers that are held do not wait for a call that takes long") {
  for (int round = 0; round < 5; ++round) {
    Direct direct(true);
    direct.make_quick_calls();
    direct.caller.send(bundle_of(Direct::quick(1), Direct::quick(2), Direct::slow(3)));
    direct.take_answers(2);
    CHECK(direct.answered[1] == 1);
    CHECK(direct.answered[2] == 1);
    CHECK(direct.bench->held.left == 0);
    direct.bench->held.let_go();
    direct.take_answers(1);
  }
}

TEST_CASE("answers that are held do not wait for one that does not come") {
  Direct direct(true);
  direct.make_quick_calls();
  for (std::uint64_t id = 1; id <= 100; ++id) {
    direct.caller.send(bundle_of(Direct::quick(id), Direct::oneway(2000)));
    direct.take_answers(1);
    CHECK(direct.answered[id] == 1);
  }
}

TEST_CASE("a daemon refuses what is no bundle, and goes on") {
  Direct direct(true);
  direct.caller.send(rmi::wire::build({.kind = FrameKind::bundle}, {}, {}, 17));
  CHECK(direct.caller.take().code() == rmi::ErrorCode::protocol);
  direct.caller.send(bundle_of(bundle_of(Direct::quick(1), Direct::quick(2)), Direct::quick(3)));
  CHECK(direct.caller.take().code() == rmi::ErrorCode::protocol);
  direct.take_answers(1);
  CHECK(direct.answered[3] == 1);
}

TEST_CASE("each call of a bundle of somebody who has not greeted is refused") {
  Direct direct(true);
  RawPeer stranger(direct.daemon.direct_endpoint());
  stranger.send(bundle_of(Direct::quick(1), Direct::quick(2)));
  for (std::uint64_t id = 1; id <= 2; ++id) {
    const auto refused = stranger.take();
    CHECK(refused.code() == rmi::ErrorCode::unknown_session);
    CHECK(refused.id() == id);
  }
}
