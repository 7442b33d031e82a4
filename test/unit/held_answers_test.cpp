// Answers that leave together.
#include "daemon/held_answers.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "bus/wire.hpp"

using namespace rmi;

namespace {

/// Keeps what is sent.
class SentSockets final : public PeerSockets {
 public:
  const std::string& endpoint() const noexcept override { return endpoint_; }
  std::size_t most_together() const noexcept override { return most; }
  void receive(std::vector<Message>&) override {}
  bool send(std::uint64_t peer, Frame& frame) override {
    if (gone) return false;
    sent.push_back({peer, std::exchange(frame, Frame())});
    return true;
  }
  void forget(std::uint64_t) override {}
  void wake() noexcept override {}

  std::size_t most = Bundle::max_size;
  bool gone = false;
  std::vector<Message> sent;

 private:
  std::string endpoint_;
};

struct Fixture {
  Frame reply(std::uint64_t id, std::size_t payload = 0) {
    return wire::build({.kind = wire::Kind::reply, .call_id = id}, {}, {}, payload);
  }
  bool send(std::uint64_t peer, std::uint64_t id, bool more, std::size_t payload = 0) {
    Frame frame = reply(id, payload);
    return answers.send(peer, frame, more);
  }
  /// Ids of the answers in that message.
  std::vector<std::uint64_t> ids(std::size_t message) {
    Frame& frame = sockets.sent.at(message).frame;
    const auto view = std::get<wire::View>(wire::parse(std::as_const(frame).bytes()));
    if (view.header.kind != wire::Kind::bundle) return {view.header.call_id};
    std::vector<std::uint64_t> found;
    auto left = view.payload;
    while (!left.empty())
      found.push_back(wire::call_id_of(detail::next_in_bundle(left)));
    return found;
  }
  using Ids = std::vector<std::uint64_t>;

  SentSockets sockets;
  std::vector<std::string> logged;
  HeldAnswers answers{sockets, [this](const LogLine& line) { logged.emplace_back(line.event); },
                      std::chrono::hours(1)};
};

}  // namespace

TEST_CASE("an answer that nothing follows is sent at once, by itself") {
  Fixture f;
  CHECK(f.send(1, 5, false));
  REQUIRE(f.sockets.sent.size() == 1);
  CHECK(f.ids(0) == Fixture::Ids{5});
  CHECK(f.answers.empty());
}

TEST_CASE("answers wait for the last one of them, or for a flush") {
  Fixture f;
  CHECK(f.send(1, 5, true));
  CHECK(f.send(1, 6, true));
  CHECK(f.sockets.sent.empty());
  SECTION("the last one") {
    CHECK(f.send(1, 7, false));
    REQUIRE(f.sockets.sent.size() == 1);
    CHECK(f.ids(0) == Fixture::Ids{5, 6, 7});
  }
  SECTION("a flush") {
    f.answers.flush();
    f.answers.flush();
    REQUIRE(f.sockets.sent.size() == 1);
    CHECK(f.ids(0) == Fixture::Ids{5, 6});
  }
  CHECK(f.sockets.sent[0].peer == 1);
  CHECK(f.answers.empty());
}

TEST_CASE("an answer to another peer, and a large one, follow what is held") {
  Fixture f;
  CHECK(f.send(1, 5, true));
  CHECK(f.send(2, 6, true));
  REQUIRE(f.sockets.sent.size() == 1);
  CHECK(f.sockets.sent[0].peer == 1);
  CHECK(f.send(2, 7, true, Bundle::max_frame));
  REQUIRE(f.sockets.sent.size() == 3);
  CHECK(f.ids(1) == Fixture::Ids{6});
  CHECK(f.sockets.sent[1].peer == 2);
  CHECK(f.ids(2) == Fixture::Ids{7});
}

TEST_CASE("no bundle has more answers than its socket wants, nor more bytes than there may be") {
  Fixture f;
  SECTION("answers") {
    f.sockets.most = 2;
    for (std::uint64_t id = 1; id <= 5; ++id)
      CHECK(f.send(1, id, true));
    CHECK(f.sockets.sent.size() == 2);
  }
  SECTION("bytes") {
    for (std::uint64_t id = 1; id <= 20; ++id)
      CHECK(f.send(1, id, true, 800));
    CHECK(f.sockets.sent.size() >= 2);
    for (const auto& message : f.sockets.sent)
      CHECK(message.frame.size() <= Bundle::max_size);
  }
  f.answers.flush();
  std::size_t answers = 0;
  for (std::size_t i = 0; i < f.sockets.sent.size(); ++i)
    answers += f.ids(i).size();
  CHECK(answers % 5 == 0);
}

TEST_CASE("no answer is held for longer than it may be") {
  SentSockets sockets;
  HeldAnswers answers(sockets, {}, std::chrono::nanoseconds(-1));
  Frame frame = wire::build({.kind = wire::Kind::reply}, {}, {}, 0);
  CHECK(answers.send(1, frame, true));
  CHECK(sockets.sent.size() == 1);
}

TEST_CASE("of answers that are lost with their caller the log speaks") {
  Fixture f;
  CHECK(f.send(1, 5, true));
  f.sockets.gone = true;
  f.answers.flush();
  CHECK(f.logged == std::vector<std::string>{"answer-lost"});
  CHECK(f.answers.empty());
  Frame frame = f.reply(6);
  CHECK_FALSE(f.answers.send(1, frame, false));
  CHECK(frame.size() == f.reply(6).size());
}
