// Which registrations have which tags: what a call to `rmimeta:a,b` is routed by.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ns/registration.hpp"

namespace rmi::ns {

/// Knows those that calls can go to: static entries are left out.
/// Thread safety: one thread at a time.
class TagIndex {
 public:
  /// The tags of a registration must not change while it is in here.
  void add(const RegistrationPtr& registration);
  /// One that is not in here is left alone.
  void remove(const RegistrationPtr& registration);

  /// The least busy of those that have all these tags, in turn among equals; null if none has.
  /// Walks those with the rarest of the tags until it has seen enough that fit.
  /// @param tags  separated by commas.
  RegistrationPtr pick(std::string_view tags);
  /// Which of these tags nobody has.
  std::string not_found_text(std::string_view tags) const;

 private:
  struct Tagged {
    std::map<std::uint64_t, RegistrationPtr> by_number;
    std::uint64_t last = 0;  ///< the number that was picked last
  };
  std::map<std::string, Tagged, std::less<>> tags_;
};

}  // namespace rmi::ns
