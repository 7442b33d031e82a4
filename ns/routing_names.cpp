// What the objects of the broker tell the routing core about names, and ask it.
#include <algorithm>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {

std::string names_text(const Registry::Registrations& registrations) {
  if (registrations.empty()) return "none";
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t at = 0; at < std::min(shown, registrations.size()); ++at)
    text += (at == 0 ? "" : ", ") + quoted(registrations[at]->name);
  if (registrations.size() > shown)
    text += fmt::format(" and {} more", registrations.size() - shown);
  return text;
}

bool Routing::answers(Owner owner) {
  if (session_of(owner) == nullptr || !is_gone(owner)) return true;
  drop_names(owner);
  note_gone(owner);
  return false;
}

bool Routing::share_host(Peer caller, Owner owner) {
  const Session* one = session_of(caller);
  const Session* other = session_of(owner);
  return one != nullptr && other != nullptr && one->host == other->host;
}

void Routing::drop_names(Peer peer) {
  const auto dropped = registry_.drop_owner(peer);
  if (dropped.empty()) return;
  note_left(dropped);
  log({LogLevel::info, "names-dropped",
       fmt::format("{} lost its connection; names dropped: {}", dropped.front()->owner_text,
                   names_text(dropped))});
}

void Routing::entered(const Registry::Entered& entered) {
  const auto& registration = *entered.registration;
  if (!entered.displaced.empty()) removed(entered.displaced, registration.owner_text);
  appeared_.push_back(registration.name.str());
  held_.served(registration.name);
  if (entered.renewed && entered.displaced.empty() && !registration.is_static()) return;
  log({LogLevel::info, "name-entered",
       registration.is_static()
           ? fmt::format("{} stands for {} now", quoted(registration.name),
                         quoted(registration.target()))
           : fmt::format("{} is served by {} (registration {})", quoted(registration.name),
                         registration.owner_text, registration.number)});
}

void Routing::tagged(std::string_view name) {
  appeared_.emplace_back(name);
}

void Routing::removed(const Registry::Registrations& registrations, std::string_view by) {
  if (registrations.empty()) return;
  for (const auto& registration : registrations)  // calls may wait for their owners
    if (registration->stale) appeared_.push_back(registration->name.str());
  log({LogLevel::info, "names-removed",
       fmt::format("names removed by {}: {}", by, names_text(registrations))});
}

}  // namespace rmi::ns
