// The table of types, and lookup.
#include <rmi/schema.hpp>

#include <fmt/format.h>

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

Signature setter_of(const Signature& getter) {
  Signature setter;
  setter.name = getter.name + '=';
  setter.parameters.push_back({{}, getter.result});
  setter.traits = getter.traits;
  return setter;
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
    if (!signature.name.ends_with('=')) names.push_back(signature.name);
  return names;
}

std::string unknown_method(const InterfaceSchema& interface, std::string_view object,
                           std::string_view method) {
  if (method.size() < 2 || !method.ends_with('='))
    return fmt::format("'{}' has no method '{}'{}", object, method,
                       did_you_mean(method, method_names(interface)));
  const std::string_view property = method.substr(0, method.size() - 1);
  const Signature* getter = find(interface, property);
  if (getter != nullptr && getter->property != Access::none)
    return fmt::format("property '{}' of '{}' is read-only", property, object);
  if (getter != nullptr)
    return fmt::format("'{}' of '{}' is a method, not a property: {}", property, object,
                       to_string(*getter));
  std::vector<std::string> names;
  for (const auto& signature : interface.methods)
    if (signature.property != Access::none) names.push_back(signature.name);
  return fmt::format("'{}' has no property '{}'{}", object, property,
                     did_you_mean(property, names));
}

}  // namespace rmi
