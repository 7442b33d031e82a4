// Finds registrations by their tags.
#include "ns/tag_index.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "bus/name_rules.hpp"

namespace rmi::ns {
namespace {

// Among so many the least busy one is idle enough: a call must not cost a walk over a million.
constexpr std::size_t candidates = 64;

std::vector<std::string_view> split(std::string_view tags) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto comma = tags.find(',');
    parts.push_back(tags.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    tags.remove_prefix(comma + 1);
  }
}

bool has_all(const Registration& registration, const std::vector<std::string_view>& tags) {
  // Set lookup by view is C++23; tags are few.
  return std::all_of(tags.begin(), tags.end(), [&](std::string_view tag) {
    return std::find(registration.tags().begin(), registration.tags().end(), tag) !=
           registration.tags().end();
  });
}

}  // namespace

void TagIndex::add(const RegistrationPtr& registration) {
  if (registration->is_static()) return;
  for (const auto& tag : registration->tags())
    tags_[tag].by_number.emplace(registration->number, registration);
}

void TagIndex::remove(const RegistrationPtr& registration) {
  for (const auto& tag : registration->tags()) {
    const auto at = tags_.find(tag);
    if (at == tags_.end()) continue;
    at->second.by_number.erase(registration->number);
    if (at->second.by_number.empty()) tags_.erase(at);
  }
}

RegistrationPtr TagIndex::pick(std::string_view tags) {
  const auto wanted = split(tags);
  Tagged* rarest = nullptr;
  for (const auto tag : wanted) {
    const auto at = tags_.find(tag);
    if (at == tags_.end()) return nullptr;
    if (rarest == nullptr || at->second.by_number.size() < rarest->by_number.size())
      rarest = &at->second;
  }
  auto& all = rarest->by_number;
  RegistrationPtr best;
  std::size_t seen = 0;
  auto at = all.upper_bound(rarest->last);
  for (std::size_t steps = all.size(); steps > 0 && seen < candidates; --steps) {
    if (at == all.end()) at = all.begin();
    const RegistrationPtr& candidate = (at++)->second;
    if (!has_all(*candidate, wanted)) continue;
    ++seen;
    if (best == nullptr || candidate->in_flight < best->in_flight) best = candidate;
    if (best->in_flight == 0) break;
  }
  if (best != nullptr) rarest->last = best->number;
  return best;
}

std::string TagIndex::not_found_text(std::string_view tags) const {
  const auto wanted = split(tags);
  std::string missing;
  for (const auto tag : wanted)
    if (!tags_.contains(tag)) missing += (missing.empty() ? "" : ", ") + quoted(tag);
  if (!missing.empty()) return fmt::format("no object has the tag {}", missing);
  return fmt::format("no object has all of the tags {}; each of them is there, but not together",
                     quoted(tags));
}

}  // namespace rmi::ns
