// The walk over the entries that are there, and the queue of what changes.
#include "ns/name_feed.hpp"

#include <utility>

#include <rmi/archive.hpp>

namespace rmi::ns {
namespace {

// Beside its texts: what the containers around them take.
constexpr std::size_t overhead = 200;

std::size_t size_of(const NameEntry& entry) {
  return encoded_size(entry) + overhead;
}

}  // namespace

NameFeed::NameFeed(const NameFilter& filter, const RegistryLimits& registry,
                   const WatchLimits& watch)
    : filter_(filter), limits_(watch), listed_name_(filter.prefix) {
  if (!filter_.regex.empty()) pattern_.emplace(filter_.regex, registry);
}

bool NameFeed::wants(std::string_view name) const {
  return name.starts_with(filter_.prefix) && (!pattern_ || pattern_->matches(name));
}

bool NameFeed::still_to_list(const Registration& registration) const {
  const auto order = registration.name <=> std::string_view(listed_name_);
  return !listed_ && (order > 0 || (order == 0 && registration.number > listed_number_));
}

void NameFeed::on_change(NameEvent what, const Registration& registration,
                         const std::set<std::string>& former_tags,
                         const std::shared_ptr<const NameEntry>& entry) {
  if (overflowed_ || still_to_list(registration) || !wants(registration.name)) return;
  const bool was = has_tags(former_tags, filter_);
  const bool is = has_tags(registration.tags(), filter_);
  if (what != NameEvent::changed) {
    if (is) push(what, entry);
  } else if (is) {
    push(was ? NameEvent::changed : NameEvent::entered, entry);
  } else if (was) {
    push(NameEvent::removed, entry);
  }
}

void NameFeed::push(NameEvent what, const std::shared_ptr<const NameEntry>& entry) {
  Queued item{.what = what, .entry = entry, .size = size_of(*entry)};
  if (bytes_ + item.size > limits_.queue_bytes) {
    overflowed_ = true;
    queue_.clear();
    bytes_ = 0;
    return;
  }
  bytes_ += item.size;
  queue_.push_back(std::move(item));
}

std::vector<NameChange> NameFeed::take(const Registry& registry, std::size_t max_items,
                                       std::size_t max_bytes, Time now) {
  std::vector<NameChange> items;
  std::size_t bytes = 0;
  const auto add = [&](NameEvent what, const NameEntry& entry, std::size_t size) {
    if (!items.empty() && (items.size() >= max_items || bytes + size > max_bytes)) return false;
    bytes += size;
    items.push_back({.kind = what, .entry = entry});
    return true;
  };
  for (std::size_t steps = 0; !listed_ && steps < limits_.names_per_pull; ++steps) {
    const auto next = registry.after(listed_name_, listed_number_);
    if (next == nullptr || !next->name.view().starts_with(filter_.prefix)) {
      listed_ = true;
      break;
    }
    if (wants(next->name) && has_tags(next->tags(), filter_)) {
      const NameEntry entry = registry.describe(*next, now);
      if (!add(NameEvent::entered, entry, size_of(entry))) return items;
    }
    listed_name_ = next->name.view();
    listed_number_ = next->number;
  }
  while (listed_ && !queue_.empty()) {
    const Queued& front = queue_.front();
    if (!add(front.what, *front.entry, front.size)) break;
    bytes_ -= front.size;
    queue_.pop_front();
  }
  return items;
}

}  // namespace rmi::ns
