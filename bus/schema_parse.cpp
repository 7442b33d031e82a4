// Text to signatures and interfaces.
#include <set>

#include "bus/schema_parser.hpp"

namespace rmi {
namespace schema {

std::string Parser::doc() {
  std::string text;
  for (bool first = true; token_.kind == TokenKind::doc; first = false) {
    if (!first) text += '\n';
    text += advance().text;
  }
  return text;
}

Field Parser::field() {
  if (!at_name()) fail("a name or a type");
  const Token first = token_;
  // One token of look-ahead is not enough for `name: type`, so the lexer is copied.
  Lexer ahead = lexer_;
  const Token second = ahead.next();
  if (second.kind != TokenKind::symbol || second.text != ":") return {"", type()};
  advance();
  advance();
  return {first.text, type()};
}

Signature Parser::signature() {
  Signature signature;
  signature.name = name("a method");
  expect("(");
  while (!accept(")")) {
    if (!signature.parameters.empty()) expect(",");
    Field parameter = field();
    signature.parameters.push_back({std::move(parameter.name), std::move(parameter.type)});
  }
  expect("->");
  signature.result = type();
  return signature;
}

Definition Parser::structure() {
  StructType body;
  std::set<std::string> names;
  std::string name = this->name("a struct");
  expect("{");
  while (!accept("}")) {
    body.fields.push_back(field());
    const auto& added = body.fields.back();
    if (added.name.empty() && added.type.kind != Kind::version) refuse("a field needs a name");
    if (!added.name.empty() && !names.insert(added.name).second)
      refuse("field '" + added.name + "' is there twice");
    expect(";");
  }
  return {std::move(name), std::move(body)};
}

Definition Parser::enumeration() {
  EnumType body;
  std::string name = this->name("an enum");
  expect(":");
  const auto kind = token_.kind == TokenKind::name ? kind_of(token_.text) : std::nullopt;
  if (!kind || *kind < Kind::bool_ || *kind > Kind::u64) fail("an integer type");
  advance();
  body.underlying = *kind;
  expect("{");
  while (!accept("}")) {
    std::string entry = this->name("an enumerator");
    expect("=");
    if (body.enumerators.size() == max_enumerators)
      refuse("more than " + std::to_string(max_enumerators) + " enumerators");
    body.enumerators.push_back({std::move(entry), number<std::int64_t>("a 64-bit integer")});
    expect(";");
  }
  return {std::move(name), std::move(body)};
}

InterfaceSchema Parser::interface() {
  InterfaceSchema interface;
  std::set<std::string> names;
  interface.doc = doc();
  if (!accept_word("interface")) fail("'interface'");
  interface.name = name("an interface");
  expect("{");
  std::string text = doc();
  while (!accept("}")) {
    interface.methods.push_back(signature());
    auto& added = interface.methods.back();
    added.doc = std::move(text);
    if (!names.insert(added.name).second) refuse("method '" + added.name + "' is there twice");
    expect(";");
    text = doc();
  }
  while (token_.kind != TokenKind::end) {
    const std::size_t line = token_.line;
    Definition definition;
    if (accept_word("struct")) {
      definition = structure();
    } else if (accept_word("enum")) {
      definition = enumeration();
    } else {
      fail("'struct' or 'enum'");
    }
    if (interface.types.find(definition.name) != nullptr)
      throw SchemaError("line " + std::to_string(line) + ": type '" + definition.name +
                        "' is defined twice");
    interface.types.add(std::move(definition));
  }
  for (const auto& [name, line] : references_)
    if (interface.types.find(name) == nullptr)
      throw SchemaError("line " + std::to_string(line) + ": type '" + name + "' is not defined");
  return interface;
}

}  // namespace schema

Type parse_type(std::string_view text) {
  schema::Parser parser(text);
  Type type = parser.type();
  parser.end();
  return type;
}

Signature parse_signature(std::string_view text) {
  schema::Parser parser(text);
  Signature signature = parser.signature();
  parser.end();
  return signature;
}

InterfaceSchema parse_interface(std::string_view text) {
  schema::Parser parser(text);
  return parser.interface();
}

}  // namespace rmi
