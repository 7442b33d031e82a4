// Which of several methods of one name an object has.
#include <rmi/detail/entry_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace rmi::detail {

Signature MethodEntry::signature(TypeTable& types) const {
  Signature published = make_signature(types, name, parameters, doc);
  published.traits = traits;
  published.property = property;
  return published;
}

InterfaceSchema schema_of(const InterfaceDescription& description) {
  InterfaceSchema schema;
  schema.name = description.interface;
  schema.extends = description.extends;
  std::set<std::string> names;
  for (const auto& method : description.methods) {
    if (!names.insert(method.name).second)
      throw std::logic_error(
          fmt::format("the interface {} has the method '{}' twice", schema.name, method.name));
    schema.methods.push_back(method.signature(schema.types));
  }
  return schema;
}

const EntryList::Interface* EntryList::find(const void* identity) const {
  const auto found = std::ranges::find(interfaces_, identity, &Interface::identity);
  return found == interfaces_.end() ? nullptr : &*found;
}

const std::string& EntryList::name_of(const void* identity) const {
  return find(identity)->name;
}

bool EntryList::extends(const void* interface, const void* base) const {
  return std::ranges::any_of(find(interface)->extended, [&](const void* direct) {
    return direct == base || extends(direct, base);
  });
}

void EntryList::begin(const void* interface, std::string name, std::vector<const void*> extended) {
  if (find(interface) == nullptr)
    interfaces_.push_back({interface, std::move(name), std::move(extended)});
}

void EntryList::require_same(const Listed& derived, const Listed& base) const {
  TypeTable types;
  TypeTable base_types;
  const Signature mine = derived.entry.signature(types);
  const Signature theirs = base.entry.signature(base_types);
  if (hash(mine, types) == hash(theirs, base_types) && mine.property == theirs.property) return;
  throw std::logic_error(fmt::format(
      "{} has {}, and {}, which it extends, has {}: what is listed again needs the same signature",
      name_of(derived.interface), to_string(mine), name_of(base.interface), to_string(theirs)));
}

void EntryList::add(const void* interface, MethodEntry entry) {
  Listed added{interface, std::move(entry)};
  bool placed = false;
  for (auto known = listed_.begin(); known != listed_.end();) {
    if (known->entry.name != added.entry.name) {
      ++known;
    } else if (known->interface == interface) {
      return;  // reached on two ways
    } else if (extends(known->interface, interface)) {
      require_same(*known, added);
      return;
    } else if (extends(interface, known->interface)) {
      require_same(added, *known);
      known = placed ? listed_.erase(known) : known + 1;
      if (!placed) *(known - 1) = added;
      placed = true;
    } else {
      ++known;
    }
  }
  if (!placed) listed_.push_back(std::move(added));
}

InterfaceDescription EntryList::take(std::span<const void* const> interfaces) {
  InterfaceDescription description;
  description.interface = name_of(interfaces.front());
  const auto add_once = [](std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const void* direct : find(interfaces.front())->extended)
    add_once(description.extends, name_of(direct));
  for (const void* other : interfaces.subspan(1))
    add_once(description.extends, name_of(other));
  for (const void* own : interfaces)
    add_once(description.interfaces, name_of(own));
  for (const auto& known : interfaces_)
    add_once(description.interfaces, known.name);

  for (auto first = listed_.begin(); first != listed_.end(); ++first) {
    const auto second = std::find_if(first + 1, listed_.end(), [&](const Listed& other) {
      return other.entry.name == first->entry.name;
    });
    if (second != listed_.end())
      throw std::logic_error(fmt::format(
          "'{}' of {} and '{}' of {} have one name, and nothing says that they are the same; list "
          "it in an interface that extends both, or give one of them another name",
          first->entry.name, name_of(first->interface), second->entry.name,
          name_of(second->interface)));
  }
  for (auto& each : listed_)
    description.methods.push_back(std::move(each.entry));
  listed_.clear();
  return description;
}

}  // namespace rmi::detail
