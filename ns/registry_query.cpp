// What is asked of the registry without changing it.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <rmi/errors.hpp>
#include <rmi/schema.hpp>

#include "bus/name_rules.hpp"
#include "ns/name_pattern.hpp"
#include "ns/offer_rules.hpp"
#include "ns/registry.hpp"

namespace rmi::ns {
namespace {

// A wrong name must not cost the routing thread a walk over a million names.
constexpr std::ptrdiff_t names_to_compare = 250;

/// A duration as people say it, in the largest unit that fits.
std::string in_words(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86400);
}

}  // namespace

bool has_tags(const std::set<std::string>& tags, const NameFilter& filter) {
  if (filter.tags.empty()) return true;
  const auto has = [&](const std::string& tag) { return tags.contains(tag); };
  return filter.any_tag ? std::any_of(filter.tags.begin(), filter.tags.end(), has)
                        : std::all_of(filter.tags.begin(), filter.tags.end(), has);
}

const Registry::Group* Registry::group_of(std::string_view name) const {
  const auto at = lookup_.find(name);
  return at == lookup_.end() ? nullptr : &(*at)->second;
}

const Registry::Group& Registry::existing_group(std::string_view name) const {
  const Group* group = group_of(name);
  if (group == nullptr) throw NameNotFound(not_found_text(name));
  return *group;
}

RegistrationPtr Registry::own_entry(const Group* group, Owner owner) {
  if (group == nullptr) return nullptr;
  const auto entries = group->entries();
  const auto at = std::ranges::find_if(
      entries, [&](const auto& entry) { return entry->owner == owner && !entry->stale; });
  return at == entries.end() ? nullptr : *at;
}

Registry::Resolution Registry::resolve(std::string_view name) {
  for (std::size_t hops = 0; hops <= limits_.alias_hops; ++hops) {
    const auto at = lookup_.find(name);
    if (at == lookup_.end() && name.starts_with(tags_prefix))
      return {.registration = by_tag_.pick(name.substr(tags_prefix.size())), .name = name};
    if (at == lookup_.end()) return {.registration = nullptr, .name = name};
    const RegistrationPtr& found = (*at)->second.pick();
    if (found->alias().empty()) return {.registration = found, .name = name};
    name = found->alias();
  }
  return {.registration = nullptr, .name = name};
}

std::string Registry::taken_text(const Registration& holder, NameMode wanted, Time now) const {
  if (holder.is_static())
    return fmt::format("the name {} stands for {} already; use replace to change that",
                       quoted(holder.name), quoted(holder.target()));
  if (holder.stale)
    return fmt::format("the name {} is kept for {}, which is away; use replace to take it over",
                       quoted(holder.name), holder.owner_text);
  const auto start = fmt::format("the name {} is served by {} (for {})", quoted(holder.name),
                                 holder.owner_text, in_words(now - holder.since));
  if (wanted == NameMode::shared)
    return start + ", which does not share it; use replace to take it over";
  if (holder.mode == NameMode::shared)
    return start + "; use shared to serve it too, or replace to take it over";
  return start + "; use replace to take it over, or shared in both to serve it together";
}

Registry::Registrations Registry::entries(std::string_view name) const {
  const Group* group = group_of(name);
  if (group == nullptr) return {};
  return {group->entries().begin(), group->entries().end()};
}

std::string Registry::not_found_text(std::string_view name) const {
  if (name.starts_with(tags_prefix)) return by_tag_.not_found_text(name.substr(tags_prefix.size()));
  return fmt::format("no object is served under the name {}{}", quoted(name),
                     did_you_mean(name, names_near(name)));
}

std::vector<std::string> Registry::names_near(std::string_view name) const {
  const auto middle = names_.lower_bound(name);
  auto from = middle;
  auto to = middle;
  for (auto step = names_to_compare; step > 0 && from != names_.begin(); --step)
    --from;
  for (auto step = names_to_compare; step > 0 && to != names_.end(); --step)
    ++to;
  std::vector<std::string> near;
  for (; from != to; ++from)
    near.push_back(from->first.str());
  return near;
}

void Registry::visit(const NameFilter& filter, const Visit& fn) const {
  std::optional<NamePattern> pattern;
  if (!filter.regex.empty()) {
    if (filter.regex.size() > limits_.pattern_length) refused_.note(LimitId::pattern_length);
    pattern.emplace(filter.regex, limits_);
  }
  std::uint64_t work = 0;
  for (auto at = names_.lower_bound(filter.prefix);
       at != names_.end() && at->first.view().starts_with(filter.prefix); ++at) {
    if (pattern) {
      work += at->first.view().size() * pattern->states();
      if (work > limits_.pattern_work) {
        refused_.note(LimitId::pattern_work);
        throw BadArguments(
            fmt::format("the regex {} takes too long over {} names (the limit pattern-work is {}); "
                        "add a prefix",
                        quoted(filter.regex), names_.size(), limits_.pattern_work));
      }
      if (!pattern->matches(at->first)) continue;
    }
    for (const auto& entry : at->second.entries())
      if (has_tags(entry->tags(), filter)) fn(entry);
  }
}

std::vector<NameEntry> Registry::list(const NameFilter& filter, Time now) const {
  std::vector<NameEntry> entries;
  visit(filter, [&](const RegistrationPtr& entry) { entries.push_back(describe(*entry, now)); });
  return entries;
}

std::uint64_t Registry::count(const NameFilter& filter) const {
  std::uint64_t number = 0;
  visit(filter, [&](const RegistrationPtr&) { ++number; });
  return number;
}

RegistrationPtr Registry::after(std::string_view name, std::uint64_t number) const {
  for (auto at = names_.lower_bound(name); at != names_.end(); ++at)
    for (const auto& entry : at->second.entries())  // in the order of their numbers
      if (at->first != name || entry->number > number) return entry;
  return nullptr;
}

NameEntry Registry::describe(const Registration& registration, Time now) const {
  NameEntry entry{.name = registration.name.str(),
                  .object_id = registration.object_id.str(),
                  .interface = registration.interface.str(),
                  .interface_hash = registration.interface_hash,
                  .tags = registration.tags(),
                  .owner = registration.owner_text.str(),
                  .target = registration.target(),
                  .mode = registration.mode,
                  .registration = registration.number,
                  .lease_ms = 0,
                  .in_flight = registration.in_flight,
                  .direct = registration.direct.str(),
                  .durable = registration.durable,
                  .stale = registration.stale};
  const auto lease = leases_.find(registration.owner);
  if (lease != leases_.end()) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::duration_cast<milliseconds>(lease->second.end - now);
    entry.lease_ms = std::max<std::int64_t>(1, left.count());  // 0 would say "never"
  }
  return entry;
}

std::set<std::string> Registry::tags(std::string_view name) const {
  std::set<std::string> all;
  for (const auto& entry : existing_group(name).entries())
    all.insert(entry->tags().begin(), entry->tags().end());
  return all;
}

void Registry::set_tags(std::string_view name, const std::set<std::string>& tags) {
  check_name(name);
  check_tags(name, tags, limits_, refused_);
  for (const auto& entry : existing_group(name).entries()) {
    entry->tags_kept = entry->durable;
    if (entry->tags() == tags) continue;
    const auto former = entry->tags();
    rewrite(entry, [&] { entry->set_tags(tags); });
    report(NameEvent::changed, *entry, former);
  }
}

}  // namespace rmi::ns
