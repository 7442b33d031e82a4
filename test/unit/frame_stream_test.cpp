// Frames over a stream socket: whole, in pieces, too long, and at the end.
#include "bus/frame_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using rmi::Frame;
using rmi::FrameStream;

namespace {

constexpr std::size_t limit = std::size_t{8} << 20U;

Frame frame_of(const std::string& text) {
  return Frame::copy_of(std::as_bytes(std::span(text)));
}

std::string text_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.bytes().data()), frame.size()};
}

/// Two ends; one of them bare.
struct Pair {
  Pair() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
    near.emplace(fds[0], limit);
    far.emplace(fds[1], limit);
  }
  /// Sends as the other end would, byte by byte if need be.
  void write(std::string_view bytes) {
    REQUIRE(::send(fds[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  std::optional<std::string> next() {
    Frame frame;
    if (!near->receive(frame)) return std::nullopt;
    return text_of(frame);
  }
  std::array<int, 2> fds{};
  std::optional<FrameStream> near;
  std::optional<FrameStream> far;
};

std::string prefix(std::uint32_t size) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  return bytes;
}

}  // namespace

TEST_CASE("frames arrive whole and in order, and the sender gives them away") {
  Pair pair;
  for (int i = 0; i < 100; ++i) {
    Frame frame = frame_of("number " + std::to_string(i));
    REQUIRE(pair.far->send(frame));
    CHECK(frame.empty());
  }
  for (int i = 0; i < 100; ++i)
    CHECK(pair.next() == "number " + std::to_string(i));
  CHECK(pair.next() == std::nullopt);
  CHECK_FALSE(pair.near->finished());
}

TEST_CASE("a frame that comes in pieces is one when the last is there") {
  Pair pair;
  const std::string whole = prefix(5) + "hello" + prefix(2) + "it";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    pair.write(whole.substr(i, 1));
    const auto got = pair.next();
    if (i == 8) CHECK(got == "hello");
    if (i == whole.size() - 1) CHECK(got == "it");
    if (i != 8 && i != whole.size() - 1) CHECK(got == std::nullopt);
  }
}

TEST_CASE("what comes in one piece is asked for once, and said to be here") {
  Pair pair;
  pair.write(prefix(1) + "a" + prefix(1) + "b" + prefix(9) + "half");
  CHECK_FALSE(pair.near->holds_frame());
  CHECK(pair.next() == "a");
  CHECK(pair.near->holds_frame());
  CHECK(pair.next() == "b");
  CHECK_FALSE(pair.near->holds_frame());
  CHECK(pair.next() == std::nullopt);
  CHECK(pair.near->arrivals() == 1);
}

TEST_CASE("who stops after a frame and is told that more is there gets it at once") {
  Pair pair;
  for (int i = 0; i < 3; ++i) {
    pair.write(prefix(1) + "a");
    pair.near->note_readable();
    CHECK(pair.next() == "a");
  }
  CHECK(pair.near->arrivals() == 3);
}

TEST_CASE("a long frame is queued where the kernel takes no more, and arrives all the same") {
  Pair pair;
  const std::size_t size = GENERATE(65532U, 65533U, 100000U, 8U << 20U);
  std::string text(size, 'x');
  for (std::size_t i = 0; i < size; i += 997)
    text[i] = static_cast<char>('a' + i % 26);
  Frame first = frame_of(text);
  Frame second = frame_of("after it");
  REQUIRE(pair.far->send(first));
  REQUIRE(pair.far->send(second));
  CHECK(pair.far->queued() == (size > 1'000'000));
  std::optional<std::string> got;
  while (!(got = pair.next()))
    pair.far->flush();
  CHECK(*got == text);
  pair.far->flush();
  CHECK(pair.next() == "after it");
  CHECK_FALSE(pair.far->queued());
}

TEST_CASE("small frames that the kernel has no room for are queued, and arrive in order") {
  Pair pair;
  std::vector<std::string> texts;
  while (!pair.far->queued() || texts.size() % 7 != 0) {
    REQUIRE(texts.size() < 100'000);
    texts.push_back(
        std::string(1021 + texts.size() % 7, static_cast<char>('a' + texts.size() % 26)));
    Frame frame = frame_of(texts.back());
    if (texts.size() % 3 == 0) frame = frame.share();  // of which one owner is gone
    REQUIRE(pair.far->send(frame));
  }
  for (const std::string& text : texts) {
    std::optional<std::string> got;
    while (!(got = pair.next()))
      pair.far->flush();
    REQUIRE(*got == text);
  }
  CHECK(pair.next() == std::nullopt);
  CHECK_FALSE(pair.far->queued());
}

TEST_CASE("a peer that does not read gets no more than is kept for it, and loses nothing of that") {
  Pair pair;
  const std::string text(std::size_t{8} << 20U, 'x');
  int taken = 0;
  Frame frame = frame_of(text);
  while (pair.far->send(frame)) {
    ++taken;
    REQUIRE(taken < 20);
    frame = frame_of(text);
  }
  CHECK(taken >= 8);
  CHECK(frame.size() == text.size());
  CHECK_FALSE(pair.far->ended());
  int received = 0;
  for (; pair.far->queued() || received < taken; pair.far->flush())
    if (pair.next()) ++received;
  CHECK(received == taken);
}

TEST_CASE("a frame that is longer than allowed, or empty, ends the connection") {
  Pair pair;
  pair.write(prefix(1) + "a" + prefix(GENERATE(0U, 0xffffffffU, limit + 1)) + "b");
  CHECK(pair.next() == "a");
  CHECK(pair.next() == std::nullopt);
  CHECK(pair.near->ended());
  CHECK(pair.near->finished());
  Frame answer = frame_of("too late");
  CHECK_FALSE(pair.near->send(answer));
  CHECK(answer.size() == 8);
}

TEST_CASE("what a peer said before its end is received, half a frame is not") {
  Pair pair;
  pair.write(prefix(5) + "hello" + prefix(5) + "he");
  pair.far.reset();
  CHECK(pair.next() == "hello");
  CHECK_FALSE(pair.near->finished());
  while (!pair.near->finished())
    CHECK(pair.next() == std::nullopt);
  CHECK(pair.near->ended());
}

TEST_CASE("what came is received also after a send has found the peer gone") {
  Pair pair;
  pair.write(prefix(5) + "hello");
  pair.far.reset();
  Frame frame = frame_of("anybody?");
  CHECK_FALSE(pair.near->send(frame));
  CHECK(pair.near->ended());
  CHECK_FALSE(pair.near->finished());
  CHECK(pair.next() == "hello");
}

TEST_CASE("one thread sends while another receives") {
  Pair pair;
  constexpr int count = 20'000;
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) {
      Frame frame = frame_of(std::string(static_cast<std::size_t>(1 + i % 300), 'm'));
      while (!pair.far->send(frame)) {
      }
      pair.far->flush();
    }
    while (pair.far->queued())
      pair.far->flush();
  });
  int right = 0;
  for (int i = 0; i < count;) {
    const auto got = pair.next();
    if (!got) continue;
    right += got->size() == static_cast<std::size_t>(1 + i % 300) ? 1 : 0;
    ++i;
  }
  sender.join();
  CHECK(right == count);
}

TEST_CASE("the kernel may hold half a megabyte, or as much as it grants") {
  std::size_t granted = 0;
  std::ifstream("/proc/sys/net/core/wmem_max") >> granted;
  REQUIRE(granted > 0);
  Pair pair;
  for (const int fd : pair.fds) {
    int size = 0;
    socklen_t length = sizeof size;
    REQUIRE(::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0);
    // The kernel doubles what is asked for: its own records count, too.
    CHECK(static_cast<std::size_t>(size) == 2 * std::min(granted, std::size_t{512} << 10U));
  }
}
