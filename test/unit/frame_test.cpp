// A frame holds one message or none, wherever it has been moved.
#include "bus/frame.hpp"

#include <zmq.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using rmi::Frame;

namespace {

Frame frame_of(std::string_view text) {
  return Frame::copy_of(std::as_bytes(std::span(text)));
}

std::string text_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.bytes().data()), frame.size()};
}

/// Two ends of a line within this process.
struct Line {
  Line() {
    REQUIRE(zmq_bind(one, "inproc://frames") == 0);
    REQUIRE(zmq_connect(other, "inproc://frames") == 0);
  }
  ~Line() {
    zmq_close(one);
    zmq_close(other);
    zmq_ctx_term(context);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  void* context = zmq_ctx_new();
  void* one = zmq_socket(context, ZMQ_PAIR);
  void* other = zmq_socket(context, ZMQ_PAIR);
};

}  // namespace

TEST_CASE("a message keeps its bytes wherever its frame is moved, short or long") {
  // libzmq keeps up to 33 bytes in the zmq_msg_t itself.
  const std::size_t size = GENERATE(0U, 1U, 33U, 34U, 100U, 8192U, 100'000U);
  const std::string text(size, 'x');
  Frame first = frame_of(text);
  const bool short_one = first.size() <= 33;
  const auto* before = first.bytes().data();
  Frame second(std::move(first));
  CHECK(text_of(second) == text);
  if (!short_one) CHECK(second.bytes().data() == before);
  Frame third = frame_of("something else");
  third = std::move(second);
  CHECK(text_of(third) == text);
  std::vector<Frame> many;
  many.push_back(std::move(third));
  for (int i = 0; i < 100; ++i)
    many.push_back(frame_of(std::to_string(i)));  // moves those before, too
  CHECK(text_of(many.front()) == text);
  CHECK(text_of(many[42]) == "41");
  std::rotate(many.begin(), many.begin() + 7, many.end());
  CHECK(text_of(many.front()) == "6");
  CHECK(text_of(many[many.size() - 7]) == text);
}

TEST_CASE("a frame that was moved from holds nothing, and can be used again") {
  Frame frame = frame_of("a text of more than thirty-three bytes, not in the message itself");
  const Frame taken(std::move(frame));
  CHECK(frame.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(frame.bytes().data() == nullptr);
  CHECK_FALSE(frame.shared());
  CHECK_FALSE(frame.more());
  CHECK(frame.property("Peer-Address") == nullptr);
  CHECK(frame.share().empty());
  frame = frame_of("again");
  CHECK(text_of(frame) == "again");
}

TEST_CASE("whoever shares a message has the same bytes, also when the other is gone") {
  const std::string text = GENERATE(std::string(200, 's'), std::string("short"));
  Frame shared;
  {
    const Frame frame = frame_of(text);
    CHECK_FALSE(frame.shared());
    shared = frame.share();
    CHECK(text_of(shared) == text);
  }
  CHECK(text_of(shared) == text);
}

TEST_CASE("frames are sent and received, part by part") {
  const Line line;
  Frame received = frame_of("what was held before");
  CHECK_FALSE(received.receive(line.other, ZMQ_DONTWAIT));
  CHECK(zmq_errno() == EAGAIN);
  CHECK(received.empty());
  Frame first = frame_of("short");
  Frame second = frame_of(std::string(5000, 'l'));
  Frame nothing;
  REQUIRE(first.send(line.one, ZMQ_SNDMORE));
  REQUIRE(second.send(line.one, ZMQ_SNDMORE));
  REQUIRE(nothing.send(line.one, 0));
  CHECK(first.empty());
  CHECK(second.empty());
  REQUIRE(received.receive(line.other, 0));
  CHECK(text_of(received) == "short");
  CHECK(received.more());
  REQUIRE(received.receive(line.other, 0));
  CHECK(text_of(received) == std::string(5000, 'l'));
  CHECK(received.more());
  REQUIRE(received.receive(line.other, 0));
  CHECK(received.empty());
  CHECK_FALSE(received.more());
}

TEST_CASE("what cannot be sent stays in its frame") {
  void* const context = zmq_ctx_new();
  void* const lonely = zmq_socket(context, ZMQ_PAIR);
  Frame frame = frame_of("nobody is there");
  CHECK_FALSE(frame.send(lonely, ZMQ_DONTWAIT));
  CHECK(zmq_errno() == EAGAIN);
  CHECK(text_of(frame) == "nobody is there");
  zmq_close(lonely);
  zmq_ctx_term(context);
}

TEST_CASE("a small frame that is made here has its length before it, for whoever sends both") {
  const std::size_t size = GENERATE(0U, 1U, 255U, 1024U);
  Frame frame = frame_of(std::string(size, 'x'));
  const auto whole = frame.with_length();
  REQUIRE(whole.size() == 4 + size);
  CHECK(std::to_integer<std::size_t>(whole[0]) == (size & 0xffU));
  CHECK(std::to_integer<std::size_t>(whole[1]) == size >> 8U);
  CHECK(whole[2] == std::byte{0});
  CHECK(whole[3] == std::byte{0});
  CHECK(whole.data() + 4 == std::as_const(frame).bytes().data());
  const Frame other = frame.share();
  CHECK(other.with_length().data() == whole.data());
  CHECK(frame_of(std::string(1025, 'x')).with_length().empty());
  CHECK(Frame().with_length().empty());
}

TEST_CASE("who shares a small frame knows it, and keeps it when the other sends it") {
  const Line line;
  Frame frame = frame_of("a few bytes");
  {
    Frame other = frame.share();
    CHECK(frame.shared());
    CHECK(other.shared());
    REQUIRE(other.send(line.one, 0));
    CHECK(other.empty());
  }
  CHECK_FALSE(frame.shared());
  frame.bytes()[0] = std::byte{'A'};  // libzmq has a copy
  Frame received;
  REQUIRE(received.receive(line.other, 0));
  CHECK(text_of(received) == "a few bytes");
  CHECK(received.with_length().empty());
}
