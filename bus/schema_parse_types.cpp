// Text to types.
#include "bus/schema_parser.hpp"

namespace rmi::schema {

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
  const auto kind = kind_of(token.text);
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
  const Unit* known = token_.kind == TokenKind::name ? find_unit(token_.text) : nullptr;
  if (known != nullptr) {
    type.num = known->num;
    type.den = known->den;
    advance();
    return;
  }
  const std::string expected =
      "a unit (ns, us, ms, s, min, h, d or seconds as a fraction like 1/60)";
  type.num = number<std::int64_t>(expected);
  expect("/");
  type.den = number<std::int64_t>(expected);
  if (type.num <= 0 || type.den <= 0) refuse("a unit must be positive");
}

void Parser::function(Type& type) {
  expect("(");
  while (!accept(")")) {
    if (!type.items.empty()) expect(",");
    type.items.push_back(this->type());
  }
  expect("->");
  type.items.push_back(this->type());
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
    case Kind::ref:
      type.name = name("an interface");
      return;
    case Kind::callback:
      return function(type);
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

}  // namespace rmi::schema
