// The object `rmi.names`: the registry, for callers.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rmi/names.hpp>

#include "ns/durable_calls.hpp"
#include "ns/mirror.hpp"
#include "ns/registry.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Thread safety: one thread at a time.
class NamesObject final : public Names {
 public:
  /// Borrows them. @param durable  null when nothing is kept on disk.
  /// @param visit_others  further lanes; empty for none.
  NamesObject(Registry& registry, NameEvents& events, DurableCalls* durable,
              VisitLanes visit_others = {})
      : registry_(registry),
        events_(events),
        durable_(durable),
        visit_others_(std::move(visit_others)) {}
  /// Whose call the next one is.
  void set_caller(const LocalCaller& caller) noexcept { caller_ = caller; }

  // Those that change durable names: @throws Postponed  until that is on disk.
  std::uint64_t enter(const NameOffer& offer) override;
  NameEntry lookup(const std::string& name) override;
  std::vector<NameEntry> list(const NameFilter& filter) override;
  std::uint64_t count(const NameFilter& filter) override;
  std::uint64_t remove(const std::string& name) override;
  std::uint64_t remove_matching(const NameFilter& filter) override;
  bool withdraw(std::uint64_t registration) override;
  bool release(std::uint64_t registration) override;
  std::set<std::string> tags(const std::string& name) override;
  void set_tags(const std::string& name, const std::set<std::string>& tags) override;
  /// @throws Postponed  until the name is served.
  NameEntry wait(const std::string& name) override;
  /// Not called: BuiltinObjects answers with a reference to a source of the broker.
  Stream<NameChange> watch(const NameFilter&) override { return {}; }
  void ping() override {}

 private:
  NameEntry entry_for_caller(const Registration& registration);
  std::uint64_t report(const Registry::Registrations& removed);
  std::optional<Registry::Taken> claim(const Registry::Offerer& offerer, const NameOffer& offer);
  void claim(const std::string& name, StoreChanges changes);
  void claim(StoreChanges changes);
  Registry::Checks checks() const;

  Registry& registry_;
  NameEvents& events_;
  DurableCalls* const durable_;
  const VisitLanes visit_others_;
  LocalCaller caller_;
};

}  // namespace rmi::ns
