// What callers ask of the name server, turned into what the registry does.
#include "ns/names_object.hpp"

#include <variant>

#include <fmt/format.h>

#include <rmi/errors.hpp>

#include "bus/link_socket.hpp"
#include "bus/name_rules.hpp"
#include "bus/object.hpp"

namespace rmi::ns {

std::uint64_t NamesObject::enter(const NameOffer& offer) {
  Registry::Offerer offerer{.owner = caller_.peer,
                            .text = caller_.text,
                            .holder = {.principal = std::string(caller_.principal),
                                       .program = std::string(caller_.program)}};
  if (caller_.who != nullptr) {
    offerer.principal = caller_.who->principal;
    offerer.registrations = &caller_.who->registrations;
  }
  if (checks() == Registry::Checks::all) registry_.meter(offerer, offer.name, caller_.now);
  for (;;) {
    auto taken = claim(offerer, offer);
    if (!taken) {
      auto result = registry_.enter(offerer, offer, caller_.now, checks());
      if (const auto* entered = std::get_if<Registry::Entered>(&result)) {
        events_.entered(*entered);
        return entered->registration->number;
      }
      taken = std::get<Registry::Taken>(std::move(result));
    }
    // A daemon that died and is started again must not be refused by its own corpse.
    if (events_.answers(taken->owner)) throw NameTaken(taken->text);
  }
}

Registry::Checks NamesObject::checks() const {
  return durable_ != nullptr && durable_->is_written() ? Registry::Checks::planned
                                                       : Registry::Checks::all;
}

/// Returns when what this offer changes is on disk.
std::optional<Registry::Taken> NamesObject::claim(const Registry::Offerer& offerer,
                                                  const NameOffer& offer) {
  if (durable_ == nullptr) {
    if (!offer.durable) return std::nullopt;
    throw BadArguments(fmt::format(
        "the name {} cannot be durable: this broker keeps nothing on disk; start it with "
        "`rmi-broker --store FILE`",
        quoted(offer.name)));
  }
  auto planned = registry_.plan_enter(offerer, offer, caller_.now, checks());
  if (auto* taken = std::get_if<Registry::Taken>(&planned)) return std::move(*taken);
  std::vector<std::string> names{offer.name};
  // Two aliases that are written at the same time could lead to each other.
  if (!offer.target.empty()) names.emplace_back();
  durable_->claim(names, std::get<StoreChanges>(std::move(planned)));
  return std::nullopt;
}

void NamesObject::claim(const std::string& name, StoreChanges changes) {
  if (durable_ != nullptr) durable_->claim({name}, std::move(changes));
}

void NamesObject::claim(StoreChanges changes) {
  if (durable_ == nullptr) return;
  std::vector<std::string> names;
  for (const auto& change : changes)
    names.push_back(change.name);
  durable_->claim(names, std::move(changes));
}

NameEntry NamesObject::lookup(const std::string& name) {
  const auto found = registry_.resolve(name);
  if (found.registration == nullptr) throw NameNotFound(registry_.not_found_text(found.name));
  return entry_for_caller(*found.registration);
}

/// A local lane is offered to those that can take it.
NameEntry NamesObject::entry_for_caller(const Registration& registration) {
  NameEntry entry = registry_.describe(registration, caller_.now);
  const bool lane = entry.direct.starts_with(lane_scheme);
  if (lane && !events_.share_host(caller_.peer, registration.owner)) entry.direct.clear();
  return entry;
}

std::vector<NameEntry> NamesObject::list(const NameFilter& filter) {
  auto list = registry_.list(filter, caller_.now);
  if (visit_others_)
    visit_others_([&](const Routing&, const Registry&, const Mirror& mirror) {
      for (auto& entry : list)
        entry.in_flight += mirror.in_flight(entry.registration);
    });
  return list;
}

std::uint64_t NamesObject::count(const NameFilter& filter) {
  return registry_.count(filter);
}

std::uint64_t NamesObject::report(const Registry::Registrations& removed) {
  events_.removed(removed, caller_.text);
  return removed.size();
}

std::uint64_t NamesObject::remove(const std::string& name) {
  claim(name, registry_.plan_remove(name));
  return report(registry_.remove(name));
}

std::uint64_t NamesObject::remove_matching(const NameFilter& filter) {
  claim(registry_.plan_remove_matching(filter));
  return report(registry_.remove_matching(filter));
}

bool NamesObject::withdraw(std::uint64_t registration) {
  claim(registry_.plan_withdraw(caller_.peer, registration));
  const auto withdrawn = registry_.withdraw(caller_.peer, registration);
  if (withdrawn == nullptr) return false;
  events_.withdrawn(withdrawn);
  return true;
}

bool NamesObject::release(std::uint64_t registration) {
  const auto released = registry_.release(caller_.peer, registration);
  if (released != nullptr && !released->stale) events_.withdrawn(released);
  return released != nullptr;
}

std::set<std::string> NamesObject::tags(const std::string& name) {
  return registry_.tags(name);
}

void NamesObject::set_tags(const std::string& name, const std::set<std::string>& tags) {
  claim(name, registry_.plan_set_tags(name, tags));
  registry_.set_tags(name, tags);
  events_.tagged(name);
}

NameEntry NamesObject::wait(const std::string& name) {
  if (const auto fault = name_fault(name)) throw BadArguments(*fault);
  const auto found = registry_.resolve(name);
  if (found.registration == nullptr || found.registration->stale)
    throw Postponed{std::string(found.name)};
  return entry_for_caller(*found.registration);
}

}  // namespace rmi::ns
