// Readers of name sources over a registry with invented time.
#pragma once

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

#include "bus/control.hpp"
#include "ns/name_sources.hpp"
#include "registry_bench.hpp"

namespace rmi::ns {

inline constexpr Peer reader = 21;
inline constexpr Peer another = 22;

struct Answered {
  std::uint64_t call_id = 0;
  std::vector<std::string> items;  ///< "+name", "*name", "-name"
  std::optional<ErrorPayload> error;
};

inline Answered read(const Frame& frame) {
  const auto view = std::get<wire::View>(wire::parse(frame.bytes()));
  Answered answered{.call_id = view.header.call_id, .items = {}, .error = {}};
  if (view.header.kind == wire::Kind::error) {
    answered.error = read_error(view.payload);
    return answered;
  }
  if (view.payload.empty()) return answered;
  std::vector<NameChange> items;
  bool end = true;
  decode(view.payload, {}, items, end);
  CHECK_FALSE(end);
  for (const auto& item : items)
    answered.items.push_back("+*-"[static_cast<std::size_t>(item.kind)] + item.entry.name);
  return answered;
}

struct Receipt {
  std::string object{};
  std::uint32_t received = 1;
  bool held = false;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(object, received, held);
  }
};

struct Bench : RegistryBench {
  explicit Bench(const WatchLimits& watch = {})
      : limits(watch), sources(registry, registry_limits, limits) {}

  LocalCaller caller(Peer peer) const {
    return {.peer = peer, .session = 1, .text = "r", .max_message = 1U << 20U, .now = now};
  }
  std::string watch(const NameFilter& filter = {}, Peer peer = reader) {
    return sources.open(caller(peer), filter);
  }
  template <class... A>
  LocalObjects::Result call(Peer peer, const std::string& object, const std::string& method,
                            wire::Header header, const A&... arguments) {
    Frame frame = wire::build(header, object, method, encoded_size(arguments...));
    encode(wire::payload_of(frame), arguments...);
    return sources.call(caller(peer),
                        std::get<wire::View>(wire::parse(std::as_const(frame).bytes())));
  }
  struct Pull {
    std::uint64_t sequence = 0;
    std::uint32_t items = 100;
    std::uint32_t bytes = 100'000;
    std::uint32_t remaining_ms = 0;
    std::uint64_t call_id = 1;
    Peer peer = reader;
  };
  /// What is answered at once, or nothing.
  std::optional<Answered> pull(const std::string& source, const Pull& pull) {
    const auto result = call(pull.peer, source, "next",
                             {.remaining_ms = pull.remaining_ms, .call_id = pull.call_id},
                             pull.sequence, pull.items, pull.bytes);
    if (!result.later) return read(result.answer);
    auto answers = answered();
    if (answers.empty()) return std::nullopt;
    REQUIRE(answers.size() == 1);
    return answers.front();
  }
  std::vector<std::string> items(const std::string& source, std::uint64_t sequence) {
    const auto answer = pull(source, {.sequence = sequence});
    return answer ? answer->items : std::vector<std::string>{"(waits)"};
  }
  std::vector<Answered> answered() {
    std::vector<Answered> all;
    for (const auto& answer : sources.take_answers(now))
      all.push_back(read(answer.frame));
    return all;
  }
  std::string refusal(const std::optional<Answered>& answer) {
    REQUIRE(answer);
    REQUIRE(answer->error);
    return answer->error->text;
  }

  RegistryLimits registry_limits;
  WatchLimits limits;
  NameSources sources;
};

using Items = std::vector<std::string>;

}  // namespace rmi::ns
