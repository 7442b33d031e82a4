// Assigns words to parameters and types them.
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include <rmi/errors.hpp>

#include "bus/json_text.hpp"
#include "cli/failure.hpp"

namespace rmi::cli {
namespace {

bool is_nullable(const Type& type) {
  return type.kind == Kind::optional || type.kind == Kind::box;
}

/// What is inside all optionals.
const Type& innermost(const Type& type) {
  const Type* inner = &type;
  while (is_nullable(*inner))
    inner = &inner->items.front();
  return *inner;
}

const EnumType* as_enum(const Type& type, const TypeTable& types) {
  if (type.kind != Kind::named) return nullptr;
  const Definition* definition = types.find(type.name);
  return definition == nullptr ? nullptr : std::get_if<EnumType>(&definition->body);
}

/// Whether a word that is no JSON may still be a value: its JSON form can be a string.
bool takes_bare_words(const Type& type, const TypeTable& types) {
  if (as_enum(type, types) != nullptr) return true;
  switch (type.kind) {
    case Kind::named:
    case Kind::list:
    case Kind::array:
    case Kind::set:
    case Kind::map:
    case Kind::multimap:
    case Kind::tuple:
      return false;
    default:
      return true;
  }
}

std::optional<Json> quoted_string(const std::string& word) {
  if (word.size() < 2 || word.front() != '"' || word.back() != '"') return std::nullopt;
  try {
    return parse_json(word);
  } catch (const BadArguments&) {
    return std::nullopt;  // quotes that belong to the text
  }
}

bool names_enumerator(const std::string& word, const EnumType& type) {
  return std::any_of(type.enumerators.begin(), type.enumerators.end(),
                     [&](const Enumerator& entry) { return entry.name == word; });
}

Json json_or_word(const std::string& word, const Type& type, const TypeTable& types,
                  const std::string& subject) {
  try {
    return parse_json(word);
  } catch (const BadArguments& error) {
    if (takes_bare_words(type, types)) return word;
    throw BadArguments(fmt::format("{}: expected {} as JSON, got {}: {}", subject, to_string(type),
                                   json::show(word), error.what()));
  }
}

/// Collects the words, each with the parameter that it is for.
class Assignment {
 public:
  Assignment(const Signature& signature, const TypeTable& types, const ReadInput& read_input)
      : signature_(signature),
        types_(types),
        read_input_(read_input),
        values_(signature.parameters.size()) {}

  /// @return false: it is no `name=word` of a parameter.
  bool take_named(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    const std::string name = word.substr(0, equals);
    const auto& parameters = signature_.parameters;
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const Parameter& each) { return each.name == name; });
    if (found == parameters.end()) return false;
    const auto index = static_cast<std::size_t>(found - parameters.begin());
    if (values_[index])
      throw BadArguments(fmt::format("{} of {} is given twice", subject(index), shown()));
    values_[index] = typed(index, word.substr(equals + 1));
    return true;
  }

  void take_in_order(std::span<const std::string* const> words, std::size_t given) {
    std::size_t index = 0;
    for (const std::string* word : words) {
      while (index < values_.size() && values_[index])
        ++index;
      if (index == values_.size()) wrong_count(given);
      values_[index] = typed(index, *word);
    }
    for (index = 0; index < values_.size(); ++index) {
      if (values_[index]) continue;
      if (!is_nullable(signature_.parameters[index].type)) missing(index, words.size(), given);
      values_[index] = Json(nullptr);
    }
  }

  Json result() {
    Json all = Json::array();
    for (auto& value : values_)
      all.push_back(std::move(*value));
    return all;
  }

 private:
  std::string shown() const { return to_string(signature_); }

  /// "argument 2 (price)"
  std::string subject(std::size_t index) const {
    const std::string& name = signature_.parameters[index].name;
    return fmt::format("argument {}", index + 1) + (name.empty() ? "" : " (" + name + ")");
  }

  [[noreturn]] void wrong_count(std::size_t given) const {
    const std::size_t wanted = values_.size();
    throw BadArguments(fmt::format("{} takes {} argument{}, got {}", shown(), wanted,
                                   wanted == 1 ? "" : "s", given));
  }

  [[noreturn]] void missing(std::size_t index, std::size_t in_order, std::size_t given) const {
    if (in_order == given) wrong_count(given);  // no names were used
    throw BadArguments(fmt::format("{} of {} is missing", subject(index), shown()));
  }

  Json typed(std::size_t index, const std::string& word) {
    const Type& type = signature_.parameters[index].type;
    if (word != "-") return value_from_word(word, type, types_, subject(index));
    if (std::exchange(input_read_, true))
      throw UsageError("only one argument can be -, because stdin can be read once");
    std::string input = read_input_();
    const Kind kind = innermost(type).kind;
    if (kind == Kind::stream) return items_from_lines(input, innermost(type).items.front(), index);
    if (kind == Kind::string) return Json(std::move(input));
    if (kind == Kind::bytes) return Json(json::to_base64(std::as_bytes(std::span(input))));
    const auto end = input.find_last_not_of(" \t\r\n");
    input.resize(end == std::string::npos ? 0 : end + 1);
    return value_from_word(input, type, types_, subject(index) + " from stdin");
  }

  /// A stream: an item a line.
  Json items_from_lines(std::string_view input, const Type& type, std::size_t index) {
    Json items = Json::array();
    while (!input.empty()) {
      const auto end = std::min(input.find('\n'), input.size());
      items.push_back(
          value_from_word(std::string(input.substr(0, end)), type, types_,
                          fmt::format("{}, line {}", subject(index), items.size() + 1)));
      input.remove_prefix(std::min(end + 1, input.size()));
    }
    return items;
  }

  const Signature& signature_;
  const TypeTable& types_;
  const ReadInput& read_input_;
  std::vector<std::optional<Json>> values_;
  bool input_read_ = false;
};

}  // namespace

Json value_from_word(const std::string& word, const Type& type, const TypeTable& types,
                     const std::string& subject) {
  if (is_nullable(type)) {
    if (word == "null") return nullptr;
    const Type& inner = type.items.front();
    // An optional in an optional is written in brackets, as JSON: else null would mean both.
    return is_nullable(inner) ? json_or_word(word, type, types, subject)
                              : value_from_word(word, inner, types, subject);
  }
  if (json::is_reference(type) && word == "null") return nullptr;
  if (type.kind == Kind::stream && word.starts_with('[')) return parse_json(word);  // its items
  if (type.kind == Kind::string || type.kind == Kind::bytes || json::is_reference(type))
    return quoted_string(word).value_or(Json(word));
  if (const EnumType* names = as_enum(type, types); names != nullptr)
    if (names_enumerator(word, *names)) return word;
  return json_or_word(word, type, types, subject);
}

Json arguments_from_words(std::span<const std::string> words, const Signature& signature,
                          const TypeTable& types, const ReadInput& read_input) {
  Assignment assignment(signature, types, read_input);
  std::vector<const std::string*> in_order;
  for (const std::string& word : words)
    if (!assignment.take_named(word)) in_order.push_back(&word);
  assignment.take_in_order(in_order, words.size());
  return assignment.result();
}

}  // namespace rmi::cli
