// The registrations of one session, by their numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "ns/registration.hpp"

namespace rmi::ns {

/// Registrations are numbered upwards: what is added comes last, so that a row of them is searched
/// by halves. One that goes leaves an empty place, until there are more of these than others.
/// Thread safety: one thread at a time.
class HeldEntries {
 public:
  /// Precondition: its number is higher than all before.
  void add(RegistrationPtr registration) {
    const auto number = registration->number;
    places_.push_back({number, std::move(registration)});
    ++size_;
  }
  /// Null if there is none of that number.
  RegistrationPtr find(std::uint64_t number) const {
    const auto at = std::lower_bound(places_.begin(), places_.end(), number, before);
    return at == places_.end() || at->number != number ? nullptr : at->registration;
  }
  void erase(std::uint64_t number) {
    const auto at = std::lower_bound(places_.begin(), places_.end(), number, before);
    if (at == places_.end() || at->number != number || !at->registration) return;
    at->registration.reset();
    --size_;
    if (places_.size() > 2 * size_)
      std::erase_if(places_, [](const Place& place) { return !place.registration; });
  }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Null if there is none.
  const Registration* last() const noexcept {
    const auto at = std::find_if(places_.rbegin(), places_.rend(),
                                 [](const Place& place) { return place.registration != nullptr; });
    return at == places_.rend() ? nullptr : at->registration.get();
  }
  /// In the order of their numbers.
  template <class Fn>
  void visit(Fn&& fn) const {
    for (const auto& place : places_)
      if (place.registration) fn(place.registration);
  }

 private:
  struct Place {
    std::uint64_t number;
    RegistrationPtr registration;
  };
  static bool before(const Place& place, std::uint64_t number) noexcept {
    return place.number < number;
  }

  std::deque<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace rmi::ns
