// The object `rmi.names`: the registry, for callers.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <rmi/names.hpp>

#include "ns/registry.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Thread safety: one thread at a time.
class NamesObject final : public Names {
 public:
  /// Borrows both.
  NamesObject(Registry& registry, NameEvents& events) : registry_(registry), events_(events) {}
  /// Whose call the next one is.
  void set_caller(const LocalCaller& caller) noexcept { caller_ = caller; }

  std::uint64_t enter(const NameOffer& offer) override;
  NameEntry lookup(const std::string& name) override;
  std::vector<NameEntry> list(const NameFilter& filter) override;
  std::uint64_t count(const NameFilter& filter) override;
  std::uint64_t remove(const std::string& name) override;
  std::uint64_t remove_matching(const NameFilter& filter) override;
  bool withdraw(std::uint64_t registration) override;
  std::set<std::string> tags(const std::string& name) override;
  void set_tags(const std::string& name, const std::set<std::string>& tags) override;
  /// @throws Postponed  until the name is there.
  NameEntry wait(const std::string& name) override;
  void ping() override {}

 private:
  std::uint64_t report(const Registry::Registrations& removed);

  Registry& registry_;
  NameEvents& events_;
  LocalCaller caller_;
};

}  // namespace rmi::ns
