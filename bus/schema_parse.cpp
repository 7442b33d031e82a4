// Text to schema, by recursive descent; takes any bytes.
#include <charconv>
#include <set>

#include <rmi/schema.hpp>

#include "bus/schema_lexer.hpp"

namespace rmi {
namespace {

using schema::Token;
using schema::TokenKind;

// These are searched one by one for every value: a stranger's schema must not make that slow.
constexpr std::size_t max_alternatives = 256;
constexpr std::size_t max_enumerators = 4096;

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(checked(text)) { advance(); }

  InterfaceSchema interface();
  Signature signature();
  Type type();
  void end() {
    if (token_.kind != TokenKind::end) fail("the end of the text");
  }

 private:
  static std::string_view checked(std::string_view text) {
    if (text.size() <= max_schema_text) return text;
    throw SchemaError("a schema of " + std::to_string(text.size()) +
                      " bytes is over the limit of " + std::to_string(max_schema_text));
  }

  [[noreturn]] void fail(const std::string& expected) const {
    throw SchemaError("line " + std::to_string(token_.line) + ": expected " + expected + ", got " +
                      schema::show(token_));
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw SchemaError("line " + std::to_string(token_.line) + ": " + what);
  }

  Token advance() {
    Token taken = std::move(token_);
    token_ = lexer_.next();
    return taken;
  }
  bool accept(std::string_view symbol) {
    if (token_.kind != TokenKind::symbol || token_.text != symbol) return false;
    advance();
    return true;
  }
  void expect(std::string_view symbol) {
    if (!accept(symbol)) fail("'" + std::string(symbol) + "'");
  }
  bool accept_word(std::string_view word) {
    if (token_.kind != TokenKind::name || token_.text != word) return false;
    advance();
    return true;
  }
  bool at_name() const {
    return token_.kind == TokenKind::name || token_.kind == TokenKind::quoted;
  }
  std::string name(const std::string& of) {
    if (!at_name()) fail("the name of " + of);
    return advance().text;
  }
  template <class Number>
  Number number(const std::string& of) {
    Number value{};
    const char* last = token_.text.data() + token_.text.size();
    const auto [stop, error] = std::from_chars(token_.text.data(), last, value);
    if (token_.kind != TokenKind::number || error != std::errc{} || stop != last) fail(of);
    advance();
    return value;
  }

  std::string doc();
  Type reference(const Token& token);
  void arguments(Type& type);
  void unit(Type& type);
  void items(Type& type, std::size_t least, std::size_t most);
  Field field();
  Definition structure();
  Definition enumeration();

  schema::Lexer lexer_;
  Token token_;
  std::size_t depth_ = 0;
  std::map<std::string, std::size_t> references_;  // name -> line of its first use
};

std::string Parser::doc() {
  std::string text;
  for (bool first = true; token_.kind == TokenKind::doc; first = false) {
    if (!first) text += '\n';
    text += advance().text;
  }
  return text;
}

Type Parser::reference(const Token& token) {
  references_.emplace(token.text, token.line);
  Type type;
  type.kind = Kind::named;
  type.name = token.text;
  return type;
}

Type Parser::type() {
  if (!at_name()) fail("a type");
  const Token token = advance();
  const auto kind = schema::kind_of(token.text);
  if (token.kind == TokenKind::quoted || !kind) return reference(token);
  Type type;
  type.kind = *kind;
  if (type.kind < Kind::named) return type;
  if (++depth_ > max_schema_depth)
    refuse("types are nested deeper than " + std::to_string(max_schema_depth));
  expect("<");
  arguments(type);
  expect(">");
  --depth_;
  return type;
}

void Parser::items(Type& type, std::size_t least, std::size_t most) {
  while (type.items.size() < most) {
    if (type.items.size() >= least && token_.kind == TokenKind::symbol && token_.text == ">")
      return;
    if (!type.items.empty()) expect(",");
    type.items.push_back(this->type());
  }
}

void Parser::unit(Type& type) {
  if (token_.kind == TokenKind::name) {
    for (const auto& unit : schema::units) {
      if (token_.text != unit.word) continue;
      type.num = unit.num;
      type.den = unit.den;
      advance();
      return;
    }
  }
  const std::string expected =
      "a unit (ns, us, ms, s, min, h, d or seconds as a fraction like 1/60)";
  type.num = number<std::int64_t>(expected);
  expect("/");
  type.den = number<std::int64_t>(expected);
  if (type.num <= 0 || type.den <= 0) refuse("a unit must be positive");
}

void Parser::arguments(Type& type) {
  const std::size_t any = max_schema_text;
  switch (type.kind) {
    case Kind::map:
    case Kind::multimap:
      return items(type, 2, 2);
    case Kind::tuple:
      return items(type, 0, any);
    case Kind::variant:
      return items(type, 1, max_alternatives);
    case Kind::array:
      items(type, 1, 1);
      expect(",");
      type.size = number<std::uint64_t>("the size of the array");
      return;
    case Kind::version:
      type.name = name("the versioned class");
      expect(",");
      type.size = number<std::uint32_t>("the version number");
      return;
    case Kind::time:
      type.name = name("a clock");
      expect(",");
      [[fallthrough]];
    case Kind::duration: {
      items(type, 1, 1);
      const Kind count = type.items[0].kind;
      if (count < Kind::i8 || count > Kind::f64) refuse("the count of a duration must be a number");
      expect(",");
      return unit(type);
    }
    default:
      return items(type, 1, 1);
  }
}

Field Parser::field() {
  if (!at_name()) fail("a name or a type");
  const Token first = token_;
  // One token of look-ahead is not enough for `name: type`, so the lexer is copied.
  schema::Lexer ahead = lexer_;
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
  const auto kind = token_.kind == TokenKind::name ? schema::kind_of(token_.text) : std::nullopt;
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

}  // namespace

Type parse_type(std::string_view text) {
  Parser parser(text);
  Type type = parser.type();
  parser.end();
  return type;
}

Signature parse_signature(std::string_view text) {
  Parser parser(text);
  Signature signature = parser.signature();
  parser.end();
  return signature;
}

InterfaceSchema parse_interface(std::string_view text) {
  Parser parser(text);
  return parser.interface();
}

}  // namespace rmi
