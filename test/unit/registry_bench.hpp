// A registry with two owners and invented time.
#pragma once

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ns/registry.hpp"

namespace rmi::ns {

inline constexpr Owner alpha = 7;
inline constexpr Owner beta = 8;      ///< the same program as alpha
inline constexpr Owner stranger = 9;  ///< another one
inline const Time start = Time{} + std::chrono::seconds(1000);

struct RegistryBench {
  explicit RegistryBench(const RegistryLimits& limits = {})
      : registry(limits, std::chrono::seconds(15), 100) {}

  std::variant<Registry::Entered, Registry::Taken> offer(Owner owner, const NameOffer& what) {
    const auto text = owner == alpha ? "greeter[4711] on alpha" : "greeter[12] on beta";
    const auto* program = owner == stranger ? "other" : "greeter";
    return registry.enter(
        {.owner = owner, .text = text, .holder = {.principal = "uid:1", .program = program}}, what,
        now);
  }
  Registry::Entered enter(Owner owner, const NameOffer& what) {
    auto result = offer(owner, what);
    REQUIRE(std::holds_alternative<Registry::Entered>(result));
    return std::get<Registry::Entered>(std::move(result));
  }
  Registry::Taken refused(Owner owner, const NameOffer& what) {
    auto result = offer(owner, what);
    REQUIRE(std::holds_alternative<Registry::Taken>(result));
    return std::get<Registry::Taken>(std::move(result));
  }
  void enter_names(std::initializer_list<const char*> names) {
    for (const auto* name : names)
      enter(alpha, {.name = name});
  }
  std::vector<std::string> listed(const NameFilter& filter) {
    std::vector<std::string> names;
    for (const auto& entry : registry.list(filter, now))
      names.push_back(entry.name);
    CHECK(registry.count(filter) == names.size());
    return names;
  }

  Registry registry;
  Time now = start;
};

}  // namespace rmi::ns
