// Tokens of the schema text; shared by its printer and its parser so that they agree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rmi/schema.hpp>

namespace rmi::schema {

/// Length of the bare name at the start of the text, 0 if there is none: identifiers joined by `::`
/// or `.`, then perhaps template arguments in balanced angle brackets.
std::size_t scan_name(std::string_view text);

/// The name as it stands in a schema: bare where possible, else in quotes. A type called like a
/// built-in one is quoted as well.
std::string quote_name(std::string_view name, bool is_type);

/// The word of a kind ("i32", "list"), "" for those that have none (named).
std::string_view word(Kind kind);
std::optional<Kind> kind_of(std::string_view word);

/// A unit of time with a word of its own: num/den seconds.
struct Unit {
  std::string_view word;
  std::int64_t num;
  std::int64_t den;
};
inline constexpr std::array<Unit, 7> units{{{"ns", 1, 1'000'000'000},
                                            {"us", 1, 1'000'000},
                                            {"ms", 1, 1'000},
                                            {"s", 1, 1},
                                            {"min", 60, 1},
                                            {"h", 3600, 1},
                                            {"d", 86400, 1}}};

/// The unit of that word, or nullptr.
const Unit* find_unit(std::string_view word);

/// "ms", "s" ... for the units that have a word, "" otherwise.
std::string_view unit_word(std::int64_t num, std::int64_t den);

enum class TokenKind { name, quoted, number, symbol, doc, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  ///< of quoted and doc: the content
  std::size_t line = 1;
};

/// Splits a text into tokens. Throws SchemaError for bytes that start no token.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();

 private:
  Token quoted();
  Token doc();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

/// The token as an error text shows it, shortened.
std::string show(const Token& token);

}  // namespace rmi::schema
