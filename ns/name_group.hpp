// All registrations of one name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ns/registration.hpp"

namespace rmi::ns {

/// Mostly one, which takes no memory of its own; or several that share the name.
/// Thread safety: one thread at a time.
class NameGroup {
 public:
  /// In the order they were added. Valid until the next change.
  std::span<const RegistrationPtr> entries() const noexcept {
    if (shared_) return shared_->entries;
    return {&only_, only_ ? std::size_t{1} : 0};
  }
  const RegistrationPtr& front() const noexcept { return entries().front(); }

  void add(RegistrationPtr registration) {
    if (!shared_ && !only_) {
      only_ = std::move(registration);
      return;
    }
    if (!shared_) {
      shared_ = std::make_unique<Shared>();
      shared_->entries.push_back(std::exchange(only_, nullptr));
    }
    shared_->entries.push_back(std::move(registration));
  }
  /// @return whether none is left.
  bool remove(const RegistrationPtr& registration) {
    if (!shared_) {
      only_.reset();
      return true;
    }
    std::erase(shared_->entries, registration);
    if (shared_->entries.size() > 1) return false;
    only_ = std::move(shared_->entries.front());
    shared_.reset();
    return false;
  }

  /// The least busy one, in turn among equals. Precondition: there is one.
  const RegistrationPtr& pick() {
    if (!shared_) return only_;
    const auto& entries = shared_->entries;
    std::size_t best = shared_->next % entries.size();
    for (std::size_t step = 1; step < entries.size(); ++step) {
      const std::size_t at = (shared_->next + step) % entries.size();
      if (entries[at]->in_flight < entries[best]->in_flight) best = at;
    }
    shared_->next = best + 1;
    return entries[best];
  }

 private:
  struct Shared {
    std::vector<RegistrationPtr> entries;
    std::size_t next = 0;  ///< whose turn it is among the equally busy
  };
  RegistrationPtr only_;  ///< null if it is shared
  std::unique_ptr<Shared> shared_;
};

}  // namespace rmi::ns
