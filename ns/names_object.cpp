// What callers ask of the name server, turned into what the registry does.
#include "ns/names_object.hpp"

#include <variant>

#include <rmi/errors.hpp>

#include "bus/name_rules.hpp"
#include "daemon/object.hpp"

namespace rmi::ns {

std::uint64_t NamesObject::enter(const NameOffer& offer) {
  for (;;) {
    const auto result = registry_.enter(caller_.peer, caller_.text, offer, caller_.now);
    if (const auto* entered = std::get_if<Registry::Entered>(&result)) {
      events_.entered(*entered);
      return entered->registration->number;
    }
    // A daemon that died and is started again must not be refused by its own corpse.
    const auto& taken = std::get<Registry::Taken>(result);
    if (events_.answers(taken.owner)) throw NameTaken(taken.text);
  }
}

NameEntry NamesObject::lookup(const std::string& name) {
  const auto found = registry_.resolve(name);
  if (found.registration == nullptr) throw NameNotFound(registry_.not_found_text(found.name));
  return registry_.describe(*found.registration, caller_.now);
}

std::vector<NameEntry> NamesObject::list(const NameFilter& filter) {
  return registry_.list(filter, caller_.now);
}

std::uint64_t NamesObject::count(const NameFilter& filter) {
  return registry_.count(filter);
}

std::uint64_t NamesObject::report(const Registry::Registrations& removed) {
  events_.removed(removed, caller_.text);
  return removed.size();
}

std::uint64_t NamesObject::remove(const std::string& name) {
  return report(registry_.remove(name));
}

std::uint64_t NamesObject::remove_matching(const NameFilter& filter) {
  return report(registry_.remove_matching(filter));
}

bool NamesObject::withdraw(std::uint64_t registration) {
  const auto withdrawn = registry_.withdraw(caller_.peer, registration);
  return withdrawn != nullptr && report({withdrawn}) != 0;
}

std::set<std::string> NamesObject::tags(const std::string& name) {
  return registry_.tags(name);
}

void NamesObject::set_tags(const std::string& name, const std::set<std::string>& tags) {
  registry_.set_tags(name, tags);
}

NameEntry NamesObject::wait(const std::string& name) {
  if (const auto fault = name_fault(name)) throw BadArguments(*fault);
  const auto found = registry_.resolve(name);
  if (found.registration == nullptr) throw Postponed{std::string(found.name)};
  return registry_.describe(*found.registration, caller_.now);
}

}  // namespace rmi::ns
