// Splits the schema text into tokens.
#include "bus/schema_lexer.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "bus/shorten.hpp"

namespace rmi::schema {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 29> words{{
    {Kind::void_, "void"},    {Kind::bool_, "bool"},        {Kind::i8, "i8"},
    {Kind::u8, "u8"},         {Kind::i16, "i16"},           {Kind::u16, "u16"},
    {Kind::i32, "i32"},       {Kind::u32, "u32"},           {Kind::i64, "i64"},
    {Kind::u64, "u64"},       {Kind::f32, "f32"},           {Kind::f64, "f64"},
    {Kind::string, "string"}, {Kind::bytes, "bytes"},       {Kind::optional, "optional"},
    {Kind::box, "box"},       {Kind::list, "list"},         {Kind::array, "array"},
    {Kind::set, "set"},       {Kind::map, "map"},           {Kind::multimap, "multimap"},
    {Kind::tuple, "tuple"},   {Kind::variant, "variant"},   {Kind::duration, "duration"},
    {Kind::time, "time"},     {Kind::version, "version"},   {Kind::ref, "ref"},
    {Kind::stream, "stream"}, {Kind::callback, "callback"},
}};

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || byte >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t scan_identifier(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return 0;
  std::size_t at = 1;
  while (at < text.size() && (is_letter(text[at]) || is_digit(text[at])))
    ++at;
  return at;
}

/// Length of balanced template arguments at the start of the text, 0 if they are not there.
std::size_t scan_arguments(std::string_view text) {
  if (!text.starts_with('<')) return 0;
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
        std::string_view("\"{}();#").find(c) != std::string_view::npos)
      return 0;
    if (c == '<') ++depth;
    if (c == '>') --depth;
    if (depth == 0) return at + 1;
  }
  return 0;
}

}  // namespace

std::size_t scan_name(std::string_view text) {
  std::size_t at = scan_identifier(text);
  if (at == 0) return 0;
  const bool built_in = kind_of(text.substr(0, at)).has_value();
  while (true) {
    if (!built_in) at += scan_arguments(text.substr(at));
    const auto rest = text.substr(at);
    const std::size_t joint = rest.starts_with("::") ? 2 : rest.starts_with('.') ? 1 : 0;
    const std::size_t more = joint == 0 ? 0 : scan_identifier(rest.substr(joint));
    if (more == 0) return at;
    at += joint + more;
  }
}

std::string quote_name(std::string_view name, bool is_type) {
  const bool bare = !name.empty() && scan_name(name) == name.size();
  if (bare && !(is_type && kind_of(name))) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 5> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(c));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string_view word(Kind kind) {
  for (const auto& [known, text] : words)
    if (known == kind) return text;
  return {};
}

std::optional<Kind> kind_of(std::string_view text) {
  for (const auto& [kind, known] : words)
    if (known == text) return kind;
  return std::nullopt;
}

const Unit* find_unit(std::string_view word) {
  for (const auto& unit : units)
    if (unit.word == word) return &unit;
  return nullptr;
}

std::string_view unit_word(std::int64_t num, std::int64_t den) {
  for (const auto& unit : units)
    if (unit.num == num && unit.den == den) return unit.word;
  return {};
}

Token Lexer::quoted() {
  Token token{TokenKind::quoted, {}, line_};
  for (++at_; at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n'; ++at_) {
    if (text_[at_] != '\\') {
      token.text += text_[at_];
      continue;
    }
    const std::string_view rest = text_.substr(at_ + 1, 3);
    if (rest.starts_with('"') || rest.starts_with('\\')) {
      token.text += rest.front();
      ++at_;
      continue;
    }
    const auto digit = [](char c) {
      return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (rest.size() < 3 || rest[0] != 'x' || digit(rest[1]) < 0 || digit(rest[2]) < 0)
      throw SchemaError("line " + std::to_string(line_) +
                        R"(: expected \", \\ or \x and two hex digits after a backslash)");
    token.text += static_cast<char>(digit(rest[1]) * 16 + digit(rest[2]));
    at_ += 3;
  }
  if (at_ >= text_.size() || text_[at_] != '"')
    throw SchemaError("line " + std::to_string(line_) + ": expected '\"' at the end of a name");
  ++at_;
  return token;
}

Token Lexer::doc() {
  auto end = text_.find('\n', at_);
  if (end == std::string_view::npos) end = text_.size();
  std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
  if (content.starts_with(' ')) content.remove_prefix(1);
  at_ = end;
  return {TokenKind::doc, std::string(content), line_};
}

Token Lexer::next() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
    if (text_[at_++] == '\n') ++line_;
  if (at_ == text_.size()) return {TokenKind::end, {}, line_};
  const std::string_view rest = text_.substr(at_);
  const char c = rest.front();
  if (c == '"') return quoted();
  if (c == '#') return doc();
  TokenKind kind = TokenKind::symbol;
  std::size_t length = 1;
  if (const auto name = scan_name(rest); name > 0) {
    kind = TokenKind::name;
    length = name;
  } else if (rest.starts_with("->")) {
    length = 2;
  } else if (is_digit(c) || c == '-') {
    kind = TokenKind::number;
    while (length < rest.size() && is_digit(rest[length]))
      ++length;
  } else if (std::string_view("(){}<>[],:;=/").find(c) == std::string_view::npos) {
    throw SchemaError("line " + std::to_string(line_) + ": expected a name or a symbol, got " +
                      quote_name(rest.substr(0, 1), false));
  }
  at_ += length;
  return {kind, std::string(rest.substr(0, length)), line_};
}

std::string show(const Token& token) {
  switch (token.kind) {
    case TokenKind::end:
      return "the end";
    case TokenKind::doc:
      return "a doc line";
    case TokenKind::quoted:
      return shorten(quote_name(token.text, true));
    default:
      return "'" + shorten(token.text) + "'";
  }
}

}  // namespace rmi::schema
