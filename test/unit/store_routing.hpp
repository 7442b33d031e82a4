// A routing core with the broker's own objects, over a disk that the test runs.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ns/builtin_objects.hpp"
#include "routing_bench.hpp"

namespace rmi::ns {

/// A disk that writes when it is told to.
struct FakeStore final : NameStore {
  std::vector<StoredName> take_loaded() override { return std::exchange(loaded, {}); }
  void start(std::function<void()>) override {}
  void stop() override {}
  void submit(std::uint64_t ticket, StoreChanges changes) override {
    submitted.emplace_back(ticket, std::move(changes));
  }
  std::vector<Done> take_done() override { return std::exchange(done, {}); }

  /// Ends the oldest.
  void end(const std::string& error = {}) {
    REQUIRE_FALSE(submitted.empty());
    for (const auto& change : submitted.front().second)
      if (error.empty()) {
        if (change.put) {
          disk[change.name] = *change.put;
        } else {
          disk.erase(change.name);
        }
      }
    done.push_back({.ticket = submitted.front().first, .error = error});
    submitted.pop_front();
  }

  std::vector<StoredName> loaded;
  std::deque<std::pair<std::uint64_t, StoreChanges>> submitted;
  std::vector<Done> done;
  std::map<std::string, StoredName> disk;
};

/// A routing core with the broker's own objects over such a disk.
struct StoreRouting : RoutingBench {
  explicit StoreRouting(std::vector<StoredName> loaded = {}, const StoreLimits& store_limits = {}) {
    limits.store = store_limits;
    store.loaded = std::move(loaded);
    builtins.emplace(registry, core, ControlObject::Facts{.start = now}, limits, LogSink(), &store);
    core.serve(*builtins);
    greet(caller, "client");
    greet(daemon, "greeter");
    greet(other, "other");
  }

  template <auto Method, class First>
  void ask(Peer from, std::uint64_t id, std::string_view method, const First& first) {
    Frame frame = request(id, method, detail::Signed<Method>::hash(), encoded_size(first));
    encode(wire::payload_of(frame), first);
    send(from, std::move(frame));
  }
  template <auto Method, class First, class Second>
  void ask(Peer from, std::uint64_t id, std::string_view method, const First& first,
           const Second& second) {
    Frame frame = request(id, method, detail::Signed<Method>::hash(), encoded_size(first, second));
    encode(wire::payload_of(frame), first, second);
    send(from, std::move(frame));
  }
  static Frame request(std::uint64_t id, std::string_view method, std::uint32_t signature,
                       std::size_t payload) {
    wire::Header header;
    header.kind = wire::Kind::call;
    header.remaining_ms = 30'000;
    header.signature = signature;
    header.call_id = id;
    return wire::build(header, "rmi.names", method, payload);
  }
  /// The next that is no ping: an owner is asked for a sign of life.
  Received take(Peer peer) {
    for (;;)
      if (auto received = RoutingBench::take(peer); received.kind() != wire::Kind::ping)
        return received;
  }
  void enter(Peer from, std::uint64_t id, const NameOffer& offer) {
    ask<&Names::enter>(from, id, "enter", offer);
  }
  void remove(Peer from, std::uint64_t id, const std::string& name) {
    ask<&Names::remove>(from, id, "remove", name);
  }
  void written(const std::string& error = {}) {
    store.end(error);
    core.tick(now);
  }
  /// Enters it and has it written.
  std::uint64_t entered(Peer from, const NameOffer& offer) {
    enter(from, 99, offer);
    written();
    return number_in(take(from));
  }
  static std::uint64_t number_in(Received received) {
    REQUIRE(received.kind() == wire::Kind::reply);
    std::uint64_t number = 0;
    decode(received.view.payload, {}, number);
    return number;
  }
  bool knows(std::string_view name) { return registry.resolve(name).registration != nullptr; }
  bool is_stale(std::string_view name) {
    const auto found = registry.resolve(name).registration;
    return found != nullptr && found->stale;
  }
  /// Whether memory and disk have the same durable names.
  bool agree() {
    std::set<std::string> in_memory;
    for (const auto& entry : registry.list({}, now))
      if (entry.durable) in_memory.insert(entry.name);
    std::set<std::string> on_disk;
    for (const auto& [name, stored] : store.disk)
      on_disk.insert(name);
    return in_memory == on_disk;
  }

  Limits limits;
  FakeStore store;
  std::optional<BuiltinObjects> builtins;
};

inline const NameOffer shop{.name = "shop", .durable = true};

}  // namespace rmi::ns
