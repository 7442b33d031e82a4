// How long objects stay that others hold references to.
#include "bus/exports.hpp"

#include <catch2/catch.hpp>
#include <rmi/interface.hpp>

#include "bus/object.hpp"

using namespace rmi;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  Exports exports;
  Exports::Dropped dropped;
  int object = 0;
  const Exports::Key key{&object, typeid(int)};
  const SteadyTime start{};
  Exports::Token token = exports.add(key, std::make_shared<ObjectQueue>(nullptr, false), {});
};

}  // namespace

TEST_CASE("a reference that came and is kept holds its object until it is given back") {
  Fixture f;
  f.exports.sent(f.token, f.start + 30s);
  CHECK(f.exports.find(f.key) == f.token);
  CHECK(f.exports.receipt(7, f.token, 1, true, f.dropped));
  CHECK_FALSE(f.exports.receipt(7, f.token, 0, true, f.dropped));  // known already
  f.exports.lapse(f.start + 1h, f.dropped);
  CHECK(f.dropped.empty());
  f.exports.receipt(7, f.token, 0, false, f.dropped);
  CHECK(f.dropped.size() == 1);
  CHECK(f.exports.queue(f.token) == nullptr);
  CHECK(f.exports.find(f.key) == 0);
}

TEST_CASE("one that is on its way while another is given back holds the object") {
  Fixture f;
  f.exports.sent(f.token, f.start + 30s);
  f.exports.sent(f.token, f.start + 30s);
  f.exports.receipt(7, f.token, 1, false, f.dropped);
  CHECK(f.dropped.empty());
  f.exports.receipt(7, f.token, 1, false, f.dropped);
  CHECK(f.dropped.size() == 1);
}

TEST_CASE("what a third one passes on confirms nothing that was sent to another") {
  Fixture f;
  f.exports.sent(f.token, f.start + 30s, 7);
  f.exports.receipt(8, f.token, 1, true, f.dropped);   // 7 passed it on, and has not said yet
  f.exports.receipt(8, f.token, 0, false, f.dropped);  // that it came
  CHECK(f.dropped.empty());
  f.exports.receipt(7, f.token, 1, false, f.dropped);
  CHECK(f.dropped.size() == 1);
}

TEST_CASE("one of which nobody says that it came lapses") {
  Fixture f;
  f.exports.sent(f.token, f.start + 30s);
  f.exports.lapse(f.start + 29s, f.dropped);
  CHECK(f.dropped.empty());
  CHECK(f.exports.any_unconfirmed());
  f.exports.lapse(f.start + 30s, f.dropped);
  CHECK(f.dropped.size() == 1);
  CHECK_FALSE(f.exports.any_unconfirmed());
}

TEST_CASE("what a session holds, or was being sent, goes when it ends; others keep theirs") {
  Fixture f;
  f.exports.sent(f.token, f.start + 30s, 7);
  f.exports.sent(f.token, f.start + 30s, 8);
  f.exports.receipt(8, f.token, 1, true, f.dropped);
  f.exports.end_session(7, true, f.start, f.dropped);
  CHECK(f.dropped.empty());
  f.exports.end_session(9, true, f.start, f.dropped);
  f.exports.end_session(8, true, f.start, f.dropped);
  CHECK(f.dropped.size() == 1);
}

TEST_CASE("an object lingers for a holder that may come back") {
  Fixture f;
  int other = 0;
  const auto token =
      f.exports.add({&other, typeid(int)}, std::make_shared<ObjectQueue>(nullptr, false), 10s);
  f.exports.sent(token, f.start + 30s);
  f.exports.receipt(7, token, 1, true, f.dropped);
  f.exports.end_session(7, true, f.start, f.dropped);
  f.exports.lapse(f.start + 9s, f.dropped);
  CHECK(f.dropped.empty());
  CHECK(f.exports.receipt(8, token, 0, true, f.dropped));  // it is back, in another session
  f.exports.lapse(f.start + 60s, f.dropped);
  CHECK(f.dropped.empty());
  f.exports.end_session(8, true, f.start + 60s, f.dropped);
  f.exports.lapse(f.start + 70s, f.dropped);
  CHECK(f.dropped.size() == 1);
}

TEST_CASE("an object does not linger for a holder that said goodbye") {
  Fixture f;
  int other = 0;
  const auto token =
      f.exports.add({&other, typeid(int)}, std::make_shared<ObjectQueue>(nullptr, false), 10s);
  f.exports.sent(token, f.start + 30s, 7);
  f.exports.receipt(7, token, 1, true, f.dropped);
  f.exports.receipt(8, token, 0, true, f.dropped);
  f.exports.end_session(7, false, f.start, f.dropped);
  CHECK(f.dropped.empty());  // another one holds it
  f.exports.end_session(8, false, f.start, f.dropped);
  CHECK(f.dropped.size() == 1);
}

TEST_CASE("receipts for what is not there change nothing") {
  Fixture f;
  CHECK_FALSE(f.exports.receipt(7, f.token + 1, 1, true, f.dropped));
  CHECK(f.exports.size() == 1);
  CHECK(token_of("@0000001f/89abcdef01234567") == 0x89abcdef01234567U);
  CHECK(token_of("@0000001f") == 0);
  CHECK(token_of("server") == 0);
  CHECK(token_of("@0000001f/89abcdef0123456x") == 0);
}

TEST_CASE(
    "what one session was given is counted until it says no more, ends, or never said it came") {
  Fixture f;
  CHECK(f.exports.given_to(7) == 0);
  f.exports.sent(f.token, f.start + 30s, 7);
  f.exports.sent(f.token, f.start + 30s, 7);
  CHECK(f.exports.given_to(7) == 1);
  CHECK(f.exports.given_to(8) == 0);
  SECTION("given back") {
    f.exports.receipt(7, f.token, 2, false, f.dropped);
  }
  SECTION("ended") {
    f.exports.end_session(7, false, f.start, f.dropped);
  }
  SECTION("lapsed") {
    f.exports.lapse(f.start + 31s, f.dropped);
  }
  SECTION("lapsed while another holds it") {
    f.exports.receipt(8, f.token, 0, true, f.dropped);
    f.exports.lapse(f.start + 31s, f.dropped);
    CHECK(f.exports.given_to(8) == 1);
    CHECK(f.dropped.empty());
  }
  CHECK(f.exports.given_to(7) == 0);
}

TEST_CASE("what all sessions of a principal have been given is counted together") {
  Fixture f;
  int other = 0;
  const auto second =
      f.exports.add({&other, typeid(int)}, std::make_shared<ObjectQueue>(nullptr, false), {});
  f.exports.sent(f.token, f.start + 30s, 7);
  CHECK(f.exports.given_to_principal_of(7) == 0);  // not known yet
  f.exports.belongs(7, 1);
  f.exports.belongs(8, 1);
  f.exports.belongs(9, 2);
  f.exports.belongs(7, 1);  // again
  CHECK(f.exports.given_to_principal_of(7) == 1);
  f.exports.sent(f.token, f.start + 30s, 8);
  f.exports.sent(second, f.start + 30s, 8);
  f.exports.sent(second, f.start + 30s, 8);  // the same one to the same session
  f.exports.sent(second, f.start + 30s, 9);
  CHECK(f.exports.given_to_principal_of(7) == 3);
  CHECK(f.exports.given_to_principal_of(9) == 1);

  f.exports.receipt(7, f.token, 1, true, f.dropped);
  CHECK(f.exports.given_to_principal_of(7) == 3);
  f.exports.receipt(7, f.token, 0, false, f.dropped);
  CHECK(f.exports.given_to_principal_of(8) == 2);
  f.exports.end_session(8, false, f.start, f.dropped);
  CHECK(f.exports.given_to_principal_of(7) == 0);
  CHECK(f.exports.given_to_principal_of(8) == 0);
  f.exports.lapse(f.start + 30s, f.dropped);
  CHECK(f.exports.given_to_principal_of(9) == 0);
}
