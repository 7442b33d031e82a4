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

void Parser::parameters(Signature& signature) {
  expect("(");
  while (!accept(")")) {
    if (!signature.parameters.empty()) expect(",");
    Field parameter = field();
    signature.parameters.push_back({std::move(parameter.name), std::move(parameter.type)});
  }
}

std::chrono::milliseconds Parser::timeout() {
  const auto count = number<std::int64_t>("a time like 5s");
  const Unit* unit = token_.kind == TokenKind::name ? find_unit(token_.text) : nullptr;
  if (unit == nullptr || unit->den > 1000) fail("ms, s, min, h or d after the number");
  advance();
  const std::int64_t most = max_method_timeout.count() * unit->den / (unit->num * 1000);
  if (count <= 0 || count > most) refuse("a timeout must be positive and at most 30 days");
  return std::chrono::milliseconds(count * unit->num * 1000 / unit->den);
}

void Parser::attribute(Signature& signature) {
  const auto once = [this](bool given) {
    if (given) refuse("this attribute is there twice");
  };
  MethodTraits& traits = signature.traits;
  if (accept_word("oneway")) {
    once(traits.oneway);
    if (signature.result.kind != Kind::void_) refuse("what returns a value cannot be oneway");
    traits.oneway = true;
  } else if (accept_word("idempotent")) {
    once(traits.idempotent);
    traits.idempotent = true;
  } else if (accept_word("timeout")) {
    once(traits.timeout.count() != 0);
    traits.timeout = timeout();
  } else if (signature.property != Access::none && accept_word("readonly")) {
    once(signature.property == Access::read_only);
    signature.property = Access::read_only;
  } else {
    fail(signature.property == Access::none ? "oneway, idempotent or timeout"
                                            : "readonly, idempotent or timeout");
  }
}

void Parser::attributes(Signature& signature) {
  if (!accept("[")) return;
  attribute(signature);
  while (accept(","))
    attribute(signature);
  expect("]");
}

Signature Parser::signature() {
  Signature signature;
  signature.name = name("a method");
  if (accept(":")) {
    signature.property = Access::read_write;
  } else {
    parameters(signature);
    expect("->");
  }
  signature.result = type();
  attributes(signature);
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

void Parser::methods(InterfaceSchema& interface) {
  std::set<std::string> names;
  const auto add = [&](Signature method) {
    if (!names.insert(method.name).second) refuse("method '" + method.name + "' is there twice");
    interface.methods.push_back(std::move(method));
  };
  std::string text = doc();
  while (!accept("}")) {
    Signature method = signature();
    method.doc = std::move(text);
    const bool settable = method.property == Access::read_write;
    add(std::move(method));
    if (settable) add(setter_of(interface.methods.back()));
    expect(";");
    text = doc();
  }
}

void Parser::definitions(InterfaceSchema& interface) {
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
}

InterfaceSchema Parser::interface() {
  InterfaceSchema interface;
  interface.doc = doc();
  if (!accept_word("interface")) fail("'interface'");
  interface.name = name("an interface");
  if (accept(":")) {
    do
      interface.extends.push_back(name("an interface"));
    while (accept(","));
  }
  expect("{");
  methods(interface);
  definitions(interface);
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
