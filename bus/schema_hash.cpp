// Hashes of signatures and interfaces.
#include <algorithm>
#include <map>

#include <rmi/schema.hpp>

#include "bus/fnv1a.hpp"
#include "bus/schema_lexer.hpp"

namespace rmi {
namespace {

std::uint32_t hash_of(std::string_view text) {
  const auto hash = fnv1a(text);
  return hash == 0 ? 1 : hash;  // 0 means "no signature" on the wire
}

/// Writes types with their definitions in place of their names. A definition that was written
/// before is `^` and its number, in order of first use: that ends recursion and keeps the text as
/// long as the schema.
class Canonical {
 public:
  explicit Canonical(const TypeTable& types) : types_(types) {}
  void write(const Type& type);
  std::string take() { return std::move(text_); }
  void add(std::string_view text) { text_ += text; }

 private:
  void write_named(const std::string& name);

  const TypeTable& types_;
  std::map<std::string, std::size_t> seen_;
  std::string text_;
  std::size_t depth_ = 0;
};

void Canonical::write_named(const std::string& name) {
  const auto [place, fresh] = seen_.emplace(name, seen_.size());
  if (!fresh) return add("^" + std::to_string(place->second));
  const Definition* definition = types_.find(name);
  if (definition == nullptr) return add("undefined");
  if (const auto* list = std::get_if<EnumType>(&definition->body)) {
    add("enum " + std::string(schema::word(list->underlying)) + '{');
    for (const auto& entry : list->enumerators)
      add(schema::quote_name(entry.name, false) + '=' + std::to_string(entry.value) + ';');
    return add("}");
  }
  // A chain of a million structs must not overflow the stack.
  if (++depth_ > 1000) throw SchemaError("structs are nested deeper than 1000");
  add("struct{");
  for (const auto& field : std::get<StructType>(definition->body).fields) {
    add(schema::quote_name(field.name, false) + ':');
    write(field.type);
    add(";");
  }
  add("}");
  --depth_;
}

void Canonical::write(const Type& type) {
  if (type.kind == Kind::named) return write_named(type.name);
  add(schema::word(type.kind));
  if (type.kind < Kind::named) return;
  add("<");
  if (type.kind == Kind::ref) add(schema::quote_name(type.name, true));
  if (type.kind == Kind::time) add(type.name + ',');
  for (const auto& item : type.items) {
    write(item);
    add(",");
  }
  if (type.kind == Kind::array || type.kind == Kind::version) add(std::to_string(type.size));
  if (type.kind == Kind::duration || type.kind == Kind::time)
    add(std::to_string(type.num) + '/' + std::to_string(type.den));
  add(">");
}

}  // namespace

std::uint32_t hash(const Signature& signature, const TypeTable& types) {
  Canonical canonical(types);
  canonical.add("(");
  for (const auto& parameter : signature.parameters) {
    canonical.write(parameter.type);
    canonical.add(",");
  }
  canonical.add(")->");
  canonical.write(signature.result);
  return hash_of(canonical.take());
}

std::uint32_t hash(const InterfaceSchema& interface) {
  std::vector<std::string> lines;
  lines.reserve(interface.methods.size());
  for (const auto& method : interface.methods)
    lines.push_back(method.name + '\n' + std::to_string(hash(method, interface.types)) + '\n');
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines)
    text += line;
  return hash_of(text);
}

}  // namespace rmi
