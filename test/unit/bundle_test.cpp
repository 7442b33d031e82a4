// Several frames in one message: packed, judged, taken apart.
#include "bus/bundle.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <thread>
#include <utility>
#include <vector>

using namespace rmi;

namespace {

Frame call(std::uint64_t id, std::size_t payload = 8) {
  Frame frame = wire::build({.kind = wire::Kind::call, .call_id = id}, "server", "hi", payload);
  std::ranges::fill(wire::payload_of(frame), static_cast<std::byte>(id));
  return frame;
}

wire::View view_of(const Frame& frame) {
  return std::get<wire::View>(wire::parse(frame.bytes()));
}

std::vector<Frame> taken_apart(Frame bundle) {
  const auto view = view_of(bundle);
  REQUIRE(view.header.kind == wire::Kind::bundle);
  REQUIRE(frames_in_bundle(view.payload) != 0);
  std::vector<Frame> parts;
  for_each_in(std::move(bundle), view.payload,
              [&](Frame part) { parts.push_back(std::move(part)); });
  return parts;
}

Frame packed(std::size_t count) {
  Bundle bundle;
  for (std::uint64_t id = 1; id <= count; ++id)
    bundle.add(call(id));
  return std::move(*bundle.message());
}

std::vector<std::byte> lengths(std::initializer_list<std::uint32_t> each, std::size_t bytes) {
  std::vector<std::byte> payload;
  for (const auto length : each) {
    const auto* at = reinterpret_cast<const std::byte*>(&length);
    payload.insert(payload.end(), at, at + sizeof length);
    payload.resize(payload.size() + std::min<std::size_t>(length, bytes));
  }
  return payload;
}

}  // namespace

TEST_CASE("frames come out of a bundle as they went in, and in that order") {
  const std::size_t count = GENERATE(2U, 3U, 50U);
  auto parts = taken_apart(packed(count));
  REQUIRE(parts.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    const Frame same = call(i + 1);
    CHECK(std::ranges::equal(std::as_const(parts[i]).bytes(), same.bytes()));
  }
}

TEST_CASE("a frame that is alone in a bundle is sent as it is") {
  Bundle bundle;
  Frame frame = call(7);
  const auto* where = frame.bytes().data();
  bundle.add(std::move(frame));
  CHECK(bundle.message()->bytes().data() == where);
  CHECK(view_of(*bundle.message()).header.call_id == 7);
  bundle.clear();
  CHECK(bundle.empty());
}

TEST_CASE("a frame that its owner keeps goes into a bundle all the same") {
  Bundle bundle;
  const Frame first = call(1);
  const Frame second = call(2);
  bundle.add_shared(first);
  if (GENERATE(true, false)) {
    CHECK(std::as_const(*bundle.message()).bytes().data() == first.bytes().data());
    CHECK(first.shared());
  } else {
    bundle.add_shared(second);
    bundle.add(call(3));
    const auto parts = taken_apart(std::move(*bundle.message()));
    REQUIRE(parts.size() == 3);
    for (std::size_t i = 0; i < parts.size(); ++i)
      CHECK(view_of(parts[i]).header.call_id == i + 1);
  }
  CHECK(view_of(first).header.call_id == 1);
  CHECK(view_of(second).header.call_id == 2);
}

TEST_CASE("a bundle takes small frames until it is full, and nothing more once it was to be sent") {
  Bundle bundle;
  CHECK_FALSE(bundle.fits(call(1, Bundle::max_frame)));
  std::size_t count = 0;
  while (bundle.fits(call(1, 400))) {
    bundle.add(call(1, 400));
    ++count;
  }
  CHECK(count == 17);  // of 448 bytes and 4 for the length
  CHECK(bundle.message()->size() <= Bundle::max_size);
  CHECK(taken_apart(std::move(*bundle.message())).size() == count);
  CHECK_FALSE(bundle.fits(call(1)));
  bundle.clear();
  CHECK(bundle.fits(call(1)));
  bundle.add(call(1));
  REQUIRE(bundle.message() != nullptr);
  CHECK_FALSE(bundle.fits(call(2)));
}

TEST_CASE("a bundle that begins small holds 1 frame, then 4, then 16, until it need not") {
  Bundle bundle;
  bundle.begin_small();
  for (const std::size_t most : {1U, 4U, 16U}) {
    for (std::size_t i = 0; i < most; ++i) {
      REQUIRE(bundle.fits(call(1)));
      bundle.add(call(1));
      CHECK(bundle.full() == (i + 1 == most));
    }
    CHECK_FALSE(bundle.fits(call(1)));
    bundle.clear();
  }
  bundle.begin_small();
  bundle.take_all();
  bundle.add(call(1));
  CHECK_FALSE(bundle.full());
}

TEST_CASE("the parts of a message keep it, each by itself, wherever they go") {
  auto parts = taken_apart(packed(3));
  Frame last = std::move(parts[2]);
  Frame shared = parts[1].share();
  CHECK(shared.is_part());
  CHECK(shared.shared());
  parts.clear();
  CHECK(view_of(last).header.call_id == 3);
  CHECK(view_of(shared).header.call_id == 2);
  wire::set_call_id(last, 99);  // is nobody else's
  CHECK(view_of(shared).header.call_id == 2);
  last.keep();
  CHECK_FALSE(last.is_part());
  CHECK(view_of(last).header.call_id == 99);
  std::thread([whole = std::move(shared)]() mutable { whole = Frame(); }).join();
  CHECK_FALSE(last.shared());
}

TEST_CASE("parts may end on many threads at once") {
  auto parts = taken_apart(packed(64));
  std::atomic<std::size_t> right{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < parts.size(); i += 4) {
        if (view_of(parts[i]).header.call_id == i + 1) ++right;
        parts[i] = Frame();
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(right == parts.size());
}

TEST_CASE("what is no bundle is told from one") {
  CHECK(frames_in_bundle({}) == 0);
  CHECK(frames_in_bundle(lengths({40}, 40)) == 1);
  CHECK(frames_in_bundle(lengths({40, 41, 100}, 100)) == 3);
  CHECK(frames_in_bundle(lengths({39}, 39)) == 0);  // less than a header
  CHECK(frames_in_bundle(lengths({0}, 0)) == 0);
  CHECK(frames_in_bundle(lengths({41}, 40)) == 0);  // goes beyond the end
  CHECK(frames_in_bundle(lengths({40, 0xffffffffU}, 40)) == 0);
  auto cut = lengths({40, 40}, 40);
  cut.resize(46);  // within the second length
  CHECK(frames_in_bundle(cut) == 0);
  CHECK(frames_in_bundle(lengths({9000}, 9000)) == 0);  // more than anybody sends
}
