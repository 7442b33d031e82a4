// The table of types, and lookup.
#include <rmi/schema.hpp>

namespace rmi {

const Definition* TypeTable::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &definitions_[found->second];
}

void TypeTable::add(Definition definition) {
  const auto [place, fresh] = index_.emplace(definition.name, definitions_.size());
  if (!fresh) throw SchemaError("type '" + definition.name + "' is defined twice");
  definitions_.push_back(std::move(definition));
}

std::pair<std::string, bool> TypeTable::declare(const void* identity, const std::string& name) {
  if (const auto known = declared_.find(identity); known != declared_.end())
    return {known->second, false};
  std::string unique = name;
  for (int number = 2; index_.contains(unique); ++number)
    unique = name + '_' + std::to_string(number);
  declared_.emplace(identity, unique);
  add({unique, StructType{}});
  return {unique, true};
}

void TypeTable::define(std::string_view name, std::variant<StructType, EnumType> body) {
  const auto found = index_.find(name);
  if (found == index_.end()) throw SchemaError("type '" + std::string(name) + "' was not declared");
  definitions_[found->second].body = std::move(body);
}

const Signature* find(const InterfaceSchema& interface, std::string_view method) {
  for (const auto& signature : interface.methods)
    if (signature.name == method) return &signature;
  return nullptr;
}

std::vector<std::string> method_names(const InterfaceSchema& interface) {
  std::vector<std::string> names;
  names.reserve(interface.methods.size());
  for (const auto& signature : interface.methods)
    names.push_back(signature.name);
  return names;
}

}  // namespace rmi
