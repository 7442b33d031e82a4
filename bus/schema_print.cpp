// Schema to text.
#include <rmi/schema.hpp>

#include <utility>

#include "bus/schema_lexer.hpp"

namespace rmi {
namespace {

using schema::quote_name;

std::string unit(const Type& type) {
  const auto word = schema::unit_word(type.num, type.den);
  if (!word.empty()) return std::string(word);
  return std::to_string(type.num) + '/' + std::to_string(type.den);
}

/// Parts with commas between them.
class CommaList {
 public:
  void add(const std::string& part) {
    if (!text_.empty()) text_ += ", ";
    text_ += part;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string function(const Type& type) {
  CommaList list;
  for (std::size_t i = 0; i + 1 < type.items.size(); ++i)
    list.add(to_string(type.items[i]));
  return '(' + list.take() + ") -> " + to_string(type.items.back());
}

std::string arguments(const Type& type) {
  if (type.kind == Kind::callback) return function(type);
  CommaList list;
  const auto add = [&list](const std::string& part) { list.add(part); };
  if (type.kind == Kind::time || type.kind == Kind::version || type.kind == Kind::ref)
    add(quote_name(type.name, true));
  for (const auto& item : type.items)
    add(to_string(item));
  if (type.kind == Kind::array || type.kind == Kind::version) add(std::to_string(type.size));
  if (type.kind == Kind::duration || type.kind == Kind::time) add(unit(type));
  return list.take();
}

std::string timeout(std::chrono::milliseconds time) {
  const schema::Unit* best = nullptr;
  for (const auto& unit : schema::units)  // from short to long
    if (unit.den <= 1000 && time.count() % (unit.num * 1000 / unit.den) == 0) best = &unit;
  return std::to_string(time.count() * best->den / (best->num * 1000)) + std::string(best->word);
}

std::string attributes(const Signature& signature) {
  CommaList list;
  const MethodTraits& traits = signature.traits;
  if (signature.property == Access::read_only) list.add("readonly");
  if (traits.oneway) list.add("oneway");
  if (traits.idempotent) list.add("idempotent");
  if (traits.timeout.count() != 0) list.add("timeout " + timeout(traits.timeout));
  const std::string all = list.take();
  return all.empty() ? all : " [" + all + ']';
}

std::string named(const std::string& name, const Type& type) {
  return name.empty() ? to_string(type) : quote_name(name, false) + ": " + to_string(type);
}

std::string doc_lines(const std::string& doc, std::string_view indent) {
  if (doc.empty()) return {};
  std::string text;
  std::size_t start = 0;
  while (true) {
    const auto end = doc.find('\n', start);
    const auto line = doc.substr(start, end == std::string::npos ? end : end - start);
    text += indent;
    text += line.empty() ? "#" : "# " + line;
    text += '\n';
    if (end == std::string::npos) return text;
    start = end + 1;
  }
}

}  // namespace

std::string to_string(const Type& type) {
  if (type.kind == Kind::named) return quote_name(type.name, true);
  std::string text(schema::word(type.kind));
  const bool bare = type.kind < Kind::named;
  return bare ? text : text + '<' + arguments(type) + '>';
}

std::string to_string(const Signature& signature) {
  if (signature.property != Access::none)
    return quote_name(signature.name, false) + ": " + to_string(signature.result) +
           attributes(signature);
  CommaList list;
  for (const auto& parameter : signature.parameters)
    list.add(named(parameter.name, parameter.type));
  return quote_name(signature.name, false) + '(' + list.take() + ") -> " +
         to_string(signature.result) + attributes(signature);
}

std::string to_string(const Definition& definition) {
  const std::string name = quote_name(definition.name, true);
  std::string text;
  if (const auto* body = std::get_if<StructType>(&definition.body)) {
    text = "struct " + name + " {\n";
    for (const auto& field : body->fields)
      text += "  " + named(field.name, field.type) + ";\n";
  } else {
    const auto& list = std::get<EnumType>(definition.body);
    text = "enum " + name + " : " + std::string(schema::word(list.underlying)) + " {\n";
    for (const auto& entry : list.enumerators)
      text += "  " + quote_name(entry.name, false) + " = " + std::to_string(entry.value) + ";\n";
  }
  return text + "}\n";
}

std::string to_string(const InterfaceSchema& interface) {
  std::string text = doc_lines(interface.doc, "");
  text += "interface " + quote_name(interface.name, true);
  CommaList bases;
  for (const auto& base : interface.extends)
    bases.add(quote_name(base, true));
  if (!interface.extends.empty()) text += " : " + bases.take();
  text += " {\n";
  const auto& methods = interface.methods;
  for (std::size_t i = 0; i < methods.size(); ++i) {
    text += doc_lines(methods[i].doc, "  ") + "  " + to_string(methods[i]) + ";\n";
    // What sets a property is said by the line of the property.
    if (methods[i].property == Access::read_write && i + 1 < methods.size() &&
        methods[i + 1] == setter_of(methods[i]))
      ++i;
  }
  text += "}\n";
  for (const auto& definition : interface.types.definitions())
    text += to_string(definition);
  return text;
}

}  // namespace rmi
