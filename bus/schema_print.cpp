// Schema to text.
#include <rmi/schema.hpp>

#include "bus/schema_lexer.hpp"

namespace rmi {
namespace {

using schema::quote_name;

std::string unit(const Type& type) {
  const auto word = schema::unit_word(type.num, type.den);
  if (!word.empty()) return std::string(word);
  return std::to_string(type.num) + '/' + std::to_string(type.den);
}

std::string arguments(const Type& type) {
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  if (type.kind == Kind::time || type.kind == Kind::version) add(quote_name(type.name, true));
  for (const auto& item : type.items)
    add(to_string(item));
  if (type.kind == Kind::array || type.kind == Kind::version) add(std::to_string(type.size));
  if (type.kind == Kind::duration || type.kind == Kind::time) add(unit(type));
  return text;
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
  std::string text = quote_name(signature.name, false) + '(';
  for (const auto& parameter : signature.parameters) {
    if (&parameter != signature.parameters.data()) text += ", ";
    text += named(parameter.name, parameter.type);
  }
  return text + ") -> " + to_string(signature.result);
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
  text += "interface " + quote_name(interface.name, true) + " {\n";
  for (const auto& method : interface.methods)
    text += doc_lines(method.doc, "  ") + "  " + to_string(method) + ";\n";
  text += "}\n";
  for (const auto& definition : interface.types.definitions())
    text += to_string(definition);
  return text;
}

}  // namespace rmi
