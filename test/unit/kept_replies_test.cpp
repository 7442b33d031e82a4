// Which calls are fresh, which have run, and what is forgotten when.
#include "bus/kept_replies.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bus/annotations.hpp"
#include "bus/wire.hpp"

using rmi::CallMark;
using rmi::Frame;
using rmi::Job;
using rmi::KeptReplies;
using Is = KeptReplies::Is;

namespace {

KeptReplies::Reply reply_of(std::size_t size) {
  return std::make_shared<const Frame>(size);
}
Job a_job() {
  return std::make_shared<rmi::ServedCall>();
}

/// Begins and ends calls as a host does.
struct Desk {
  explicit Desk(const KeptReplies::Limits& limits) : kept(limits) { kept.introduce(7); }
  Job begin(const CallMark& mark) {
    Job job = a_job();
    kept.begin(mark, job);
    return job;
  }
  void run(std::uint64_t number, std::size_t size = 100, std::uint64_t ticket = 7) {
    const CallMark mark{ticket, number, 1};
    CHECK(kept.meet(mark).is == Is::fresh);
    const Job job = begin(mark);
    kept.finish(mark, reply_of(size));
  }
  Is meet(std::uint64_t number, std::uint32_t attempt = 2, std::uint64_t ticket = 7) {
    return kept.meet({ticket, number, attempt}).is;
  }
  KeptReplies kept;
};

}  // namespace

TEST_CASE("a call that ended is answered again with what it was answered") {
  Desk desk({.replies = 10});
  const auto reply = reply_of(50);
  const Job job = desk.begin({7, 1, 1});
  desk.kept.finish({7, 1, 1}, reply);
  for (std::uint32_t attempt = 2; attempt < 5; ++attempt) {
    const auto found = desk.kept.meet({7, 1, attempt});
    CHECK(found.is == Is::over);
    CHECK(found.reply == reply);
  }
  CHECK(desk.kept.replies() == 1);
  CHECK(desk.kept.bytes() == 50);
}

TEST_CASE("a call that runs is found by a later attempt, and by none that was overtaken") {
  Desk desk({.replies = 10});
  const Job job = desk.begin({7, 1, 1});
  const auto found = desk.kept.meet({7, 1, 3});
  CHECK(found.is == Is::begun);
  CHECK(found.job == job);
  CHECK(desk.meet(1, 2) == Is::late);
  CHECK(desk.meet(1, 3) == Is::late);
  CHECK(desk.meet(1, 4) == Is::begun);
}

TEST_CASE("a call that did not run is fresh again") {
  Desk desk({.replies = 10});
  const Job job = desk.begin({7, 1, 1});
  desk.kept.forget({7, 1, 1});
  CHECK(desk.meet(1) == Is::fresh);
  desk.run(2);
  desk.kept.forget({7, 2, 1});  // has run: nothing happens
  CHECK(desk.meet(2) == Is::over);
}

TEST_CASE("the oldest replies make room, and what they answered is not run again") {
  Desk desk({.replies = 3});
  for (const std::uint64_t number : {4U, 5U, 6U, 7U})
    desk.run(number);
  CHECK(desk.kept.replies() == 3);
  CHECK(desk.meet(4) == Is::unknown);
  CHECK(desk.meet(3) == Is::unknown);  // it may have been there before 4
  CHECK(desk.meet(5) == Is::over);
  CHECK(desk.meet(8) == Is::fresh);
}

TEST_CASE("replies are limited in bytes") {
  Desk desk({.replies = 100, .bytes = 1000});
  desk.run(1, 400);
  desk.run(2, 400);
  desk.run(3, 400);
  CHECK(desk.kept.bytes() == 800);
  CHECK(desk.meet(1) == Is::unknown);
  CHECK(desk.meet(2) == Is::over);
  desk.run(4, 1000);
  CHECK(desk.kept.replies() == 1);
  CHECK(desk.meet(4) == Is::over);
}

TEST_CASE("a ticket that was not given is not accepted, nor is it after it was dropped") {
  Desk desk({.replies = 10, .tickets = 2});
  CHECK(desk.meet(1, 1, 8) == Is::unknown);
  desk.run(1);
  desk.kept.introduce(8);
  desk.run(1, 100, 8);
  CHECK(desk.meet(1) == Is::over);  // 7 was used after 8
  desk.kept.introduce(9);
  CHECK(desk.kept.tickets() == 2);
  CHECK(desk.meet(1, 2, 8) == Is::unknown);
  CHECK(desk.meet(2, 1, 8) == Is::unknown);
  CHECK(desk.meet(1) == Is::over);
  CHECK(desk.kept.replies() == 1);  // the replies of 8 went with it
  CHECK(desk.kept.bytes() == 100);
}

TEST_CASE("a ticket is not dropped while a call on it runs, but after that") {
  Desk desk({.replies = 10, .tickets = 1});
  const Job job = desk.begin({7, 1, 1});
  desk.kept.introduce(8);  // it alone can go
  CHECK(desk.meet(1) == Is::begun);
  CHECK(desk.meet(1, 1, 8) == Is::unknown);
  const Job other = [&] {
    desk.kept.forget({7, 1, 2});
    desk.kept.introduce(9);
    return desk.begin({9, 1, 1});
  }();
  CHECK(desk.meet(1) == Is::unknown);
  CHECK(desk.meet(1, 2, 9) == Is::begun);
}

TEST_CASE("a mark is written into the room that a call has for it, and read from there") {
  const std::vector<std::byte> none(rmi::call_mark_size);
  const rmi::Annotations notes{{"a", {std::byte{1}}}, {"rmi.retry", none}};
  std::vector<std::byte> block(rmi::annotations_size(notes));
  rmi::write_annotations(block, notes);
  Frame frame = rmi::wire::build({}, "object", "method", 4, block);
  rmi::set_call_mark(frame, {0x0102030405060708, 99, 3});
  const auto view = std::get<rmi::wire::View>(rmi::wire::parse(std::as_const(frame).bytes()));
  const auto mark = rmi::find_call_mark(view.annotations);
  REQUIRE(mark);
  CHECK(mark->ticket == 0x0102030405060708);
  CHECK(mark->number == 99);
  CHECK(mark->attempt == 3);
  CHECK(view.object == "object");
  CHECK(rmi::find_annotation(view.annotations, "a")->size() == 1);
}

TEST_CASE("a frame without room for a mark stays as it is, and one of another size is none") {
  Frame plain = rmi::wire::build({}, "object", "method", 4);
  rmi::set_call_mark(plain, {1, 2, 3});
  CHECK(plain.size() == rmi::wire::build({}, "object", "method", 4).size());
  const rmi::Annotations notes{{"rmi.retry", std::vector<std::byte>(rmi::call_mark_size - 1)}};
  std::vector<std::byte> block(rmi::annotations_size(notes));
  rmi::write_annotations(block, notes);
  CHECK_FALSE(rmi::find_call_mark(block));
}
