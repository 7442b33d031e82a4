// Watching names: limits, ends, and what is refused.
#include "ns/name_sources.hpp"

#include <catch2/catch.hpp>

#include "name_sources_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("a watcher that falls behind is told so with its next pull, and that is the end") {
  WatchLimits limits;
  limits.queue_bytes = 1000;
  Bench bench(limits);
  const auto source = bench.watch();
  CHECK(bench.items(source, 1) == Items{"(waits)"});
  bench.enter_names({"a"});
  CHECK(bench.answered().size() == 1);
  bench.enter_names({"b", "c", "d", "e"});
  CHECK(bench.answered().empty());
  const auto answer = bench.pull(source, {.sequence = 2});
  CHECK(bench.refusal(answer) ==
        "over the limit name-watch-bytes of this watch: 1000 of 1000 bytes are used; the watcher "
        "fell behind; watch again");
  CHECK(answer->error->code == static_cast<std::uint8_t>(ErrorCode::overloaded));
  CHECK_THAT(bench.refusal(bench.pull(source, {.sequence = 3})), Contains("or has it no more"));
  CHECK(bench.sources.size() == 0);
}

TEST_CASE("a pull that waits when too much happens at once is told so") {
  WatchLimits limits;
  limits.queue_bytes = 1000;
  Bench bench(limits);
  const auto source = bench.watch();
  CHECK(bench.items(source, 1) == Items{"(waits)"});
  bench.enter_names({"b", "c", "d", "e"});
  const auto answers = bench.answered();
  REQUIRE(answers.size() == 1);
  CHECK_THAT(answers[0].error->text, Contains("name-watch-bytes"));
  CHECK(bench.sources.pulls() == 0);
}

TEST_CASE("each limit of watching refuses with used and limit") {
  WatchLimits limits;
  limits.watches = 3;
  limits.watches_per_session = 2;
  limits.pulls = 1;
  Bench bench(limits);
  const auto source = bench.watch();
  bench.watch();
  CHECK_THROWS_WITH(bench.watch(), Contains("over the limit name-watches-per-session of ") &&
                                       Contains(": 2 of 2 are used; the names are not watched"));
  bench.watch({}, another);
  CHECK_THROWS_WITH(bench.watch({}, 99),
                    "over the limit name-watches of this broker: 3 of 3 are used; the names are "
                    "not watched");
  CHECK(bench.items(source, 1) == Items{"(waits)"});
  CHECK_THAT(bench.refusal(bench.pull(source, {.sequence = 2})),
             Contains("over the limit name-watch-pulls of ") &&
                 Contains(": 1 of 1 are used; ask when a chunk has come"));
  CHECK_THROWS_AS(bench.watch({.regex = "("}), Error);
}

TEST_CASE(
    "a source ends with the session that asked for it, and a pull with the one that made it") {
  Bench bench;
  const auto source = bench.watch();
  const auto other = bench.watch({}, another);
  CHECK_FALSE(bench.pull(source, {.sequence = 1, .call_id = 11, .peer = another}));
  CHECK_FALSE(bench.pull(other, {.sequence = 1, .call_id = 12, .peer = reader}));
  bench.sources.ended(reader);
  CHECK(bench.sources.size() == 1);
  CHECK(bench.sources.pulls() == 0);
  const auto answers = bench.answered();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].call_id == 11);
  CHECK(answers[0].error->text == "the session that watched these names has ended");
  bench.sources.ended(reader);
  bench.watch();
}

TEST_CASE("a pull that is cancelled is not answered") {
  Bench bench;
  const auto source = bench.watch();
  CHECK_FALSE(bench.pull(source, {.sequence = 1, .call_id = 11}));
  CHECK_FALSE(bench.sources.cancel(another, 11));
  CHECK_FALSE(bench.sources.cancel(reader, 12));
  CHECK(bench.sources.cancel(reader, 11));
  CHECK_FALSE(bench.sources.cancel(reader, 11));
  bench.enter_names({"a"});
  CHECK(bench.answered().empty());
}

TEST_CASE("a source that its reader holds no more is closed") {
  Bench bench;
  const auto source = bench.watch();
  const auto refs = [&](Peer peer, const std::vector<Receipt>& receipts) {
    return read(bench.call(peer, "@00000000", "rmi.refs", {.call_id = 1}, receipts).answer);
  };
  CHECK_FALSE(refs(reader, {{.object = source, .held = true}, {.object = "@0"}}).error);
  CHECK_FALSE(refs(another, {{.object = source}}).error);  // not its own
  CHECK(bench.sources.size() == 1);
  CHECK_FALSE(refs(reader, {{.object = source}}).error);
  CHECK(bench.sources.size() == 0);
  CHECK_FALSE(refs(reader, {{.object = source}}).error);
}

TEST_CASE("what the broker's private objects do not know is refused") {
  Bench bench;
  const auto source = bench.watch();
  const auto text_of = [&](const std::string& object, const std::string& method) {
    return bench.refusal(read(bench.call(reader, object, method, {.call_id = 5}).answer));
  };
  CHECK(text_of(source, "prev") == "'" + source + "' has no method 'prev'");
  CHECK(text_of("@00000000", "next") == "'@00000000' has no method 'next'");
  CHECK(text_of("@00000000/0000000000000001", "next") ==
        "the broker has no object '@00000000/0000000000000001', or has it no more");
  CHECK_THAT(text_of(source, "next"), StartsWith("the arguments of next cannot be decoded"));
  CHECK_THAT(text_of("@00000000", "rmi.refs"), StartsWith("these receipts cannot be read"));
  CHECK_FALSE(read(bench.call(reader, source, "rmi.ping", {}).answer).error);
  CHECK_FALSE(read(bench.call(reader, "@00000000", "rmi.ping", {}).answer).error);
}
