// The parser of the schema text; one object for one text.
#pragma once

#include <charconv>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <rmi/schema.hpp>

#include "bus/schema_lexer.hpp"

namespace rmi::schema {

// These are searched one by one for every value: a stranger's schema must not make that slow.
constexpr std::size_t max_alternatives = 256;
constexpr std::size_t max_enumerators = 4096;

/// Recursive descent. Takes any bytes; everything throws SchemaError.
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
                      show(token_));
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
  void function(Type& type);
  void parameters(Signature& signature);
  void attributes(Signature& signature);
  void attribute(Signature& signature);
  std::chrono::milliseconds timeout();
  void methods(InterfaceSchema& interface);
  void definitions(InterfaceSchema& interface);
  Field field();
  Definition structure();
  Definition enumeration();

  Lexer lexer_;
  Token token_;
  std::size_t depth_ = 0;
  std::map<std::string, std::size_t> references_;  // name -> line of its first use
};

}  // namespace rmi::schema
