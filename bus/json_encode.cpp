// Payload bytes of structs, containers and variants, and of a whole call.
#include "bus/json_encode.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "bus/shorten.hpp"

namespace rmi::json {
namespace {

// Guesses inside one guess. They multiply with every level of variants; honest values need few.
constexpr std::size_t max_guesses = 10'000;

constexpr std::size_t shown_type = 100;

}  // namespace

void Encoder::fail(const Path* path, const std::string& text) const {
  throw BadArguments(describe(subject_, path) + ": " + text);
}

void Encoder::mismatch(const Path* path, const Type& type, const Json& value,
                       const std::string& more) const {
  fail(path, fmt::format("expected {}, got {}{}", shorten(to_string(type), shown_type), show(value),
                         more));
}

void Encoder::value(const Json& value, const Type& type, const Path* path) {
  switch (type.kind) {
    case Kind::named:
      return named(value, type, path);
    case Kind::optional:
    case Kind::box:
      return nullable_value(value, type, path);
    case Kind::list:
    case Kind::array:
    case Kind::set:
      return sequence(value, type, path);
    case Kind::map:
    case Kind::multimap:
      return map(value, type, path);
    case Kind::tuple:
      return tuple(value, type, path);
    case Kind::variant:
      return variant(value, type, path);
    case Kind::duration:
      return duration(value, type, path);
    case Kind::time:
      return time(value, type, path);
    case Kind::version:
      return version(type);
    case Kind::ref:
    case Kind::stream:
    case Kind::callback:
      return value.is_null() ? put_bytes(nullptr, 0) : string(value, type, path);
    default:
      return scalar(value, type, path);
  }
}

void Encoder::version(const Type& type) {
  if (versions_.insert(type.name).second) put(static_cast<std::uint32_t>(type.size));
}

void Encoder::named(const Json& value, const Type& type, const Path* path) {
  const Definition* definition = types_.find(type.name);
  if (definition == nullptr) fail(path, "the schema does not define " + type.name);
  if (const auto* body = std::get_if<EnumType>(&definition->body))
    return enumeration(value, type, *body, path);
  structure(value, type, std::get<StructType>(definition->body), path);
}

void Encoder::structure(const Json& value, const Type& type, const StructType& body,
                        const Path* path) {
  if (!value.is_object()) mismatch(path, type, value);
  std::size_t used = 0;
  for (const auto& field : body.fields) {
    if (field.type.kind == Kind::version) {
      version(field.type);
      continue;
    }
    const Path inner{path, field.name};
    const auto found = value.find(field.name);
    if (found != value.end()) {
      ++used;
      this->value(*found, field.type, &inner);
    } else if (field.type.kind == Kind::optional || field.type.kind == Kind::box) {
      this->value(nullptr, field.type, &inner);
    } else {
      fail(path, fmt::format("field '{}' ({}) of {} is missing", field.name,
                             shorten(to_string(field.type), shown_type), type.name));
    }
  }
  if (used == value.size()) return;
  std::vector<std::string> names;
  for (const auto& field : body.fields)
    names.push_back(field.name);
  for (const auto& [key, unused] : value.items())
    if (std::find(names.begin(), names.end(), key) == names.end() || key.empty())
      fail(path, fmt::format("{} has no field '{}'{}", type.name, shorten(key),
                             did_you_mean(key, names)));
}

void Encoder::nullable_value(const Json& value, const Type& type, const Path* path) {
  const Type& item = type.items.front();
  const bool full = !value.is_null();
  // std::optional says whether it is empty, std::unique_ptr whether it is full.
  put<std::uint8_t>(full == (type.kind == Kind::box) ? 1 : 0);
  if (!full) return;
  if (!nullable(item)) return this->value(value, item, path);
  if (!value.is_array() || value.size() != 1)
    mismatch(path, type, value, " (write null, or the value in brackets)");
  const Path inner{path, {}, 0};
  this->value(value.front(), item, &inner);
}

void Encoder::refuse_repeated(std::set<std::string>& seen, std::size_t start, const Json& shown,
                              const Path* path) const {
  const std::span<const std::byte> bytes = std::span(out_).subspan(start);
  if (!seen.emplace(reinterpret_cast<const char*>(bytes.data()), bytes.size()).second)
    fail(path, show(shown) + " is there twice");
}

void Encoder::sequence(const Json& value, const Type& type, const Path* path) {
  if (!value.is_array()) mismatch(path, type, value);
  if (type.kind != Kind::array) put<std::uint64_t>(value.size());
  if (type.kind == Kind::array && value.size() != type.size)
    fail(path, fmt::format("expected {}, got {} elements", shorten(to_string(type), shown_type),
                           value.size()));
  std::set<std::string> seen;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Path inner{path, {}, i};
    const std::size_t start = out_.size();
    this->value(value[i], type.items.front(), &inner);
    if (type.kind == Kind::set) refuse_repeated(seen, start, value[i], path);
  }
}

void Encoder::tuple(const Json& value, const Type& type, const Path* path) {
  if (!value.is_array()) mismatch(path, type, value);
  if (value.size() != type.items.size())
    fail(path, fmt::format("expected {}, got {} elements", shorten(to_string(type), shown_type),
                           value.size()));
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Path inner{path, {}, i};
    this->value(value[i], type.items[i], &inner);
  }
}

void Encoder::map_key(const std::string& key, const Type& type, const Path* path) {
  // A key in an object is text; numbers and bools are written as in JSON there.
  if (type.kind >= Kind::bool_ && type.kind <= Kind::f64) {
    const Json number = Json::parse(key, nullptr, false);
    return scalar(number.is_primitive() && !number.is_discarded() ? number : Json(key), type, path);
  }
  value(key, type, path);
}

void Encoder::map(const Json& value, const Type& type, const Path* path) {
  if (!value.is_object() && !value.is_array()) mismatch(path, type, value);
  put<std::uint64_t>(value.size());
  std::set<std::string> seen;
  const auto entry = [&](const Path& inner, const Json& shown, auto&& write_key,
                         const Json& content) {
    const std::size_t start = out_.size();
    write_key();
    if (type.kind == Kind::map) refuse_repeated(seen, start, shown, path);
    this->value(content, type.items[1], &inner);
  };
  if (value.is_object()) {
    for (auto member = value.begin(); member != value.end(); ++member) {
      const std::string& key = member.key();
      const Path inner{path, key, 0, true};
      entry(
          inner, Json(key), [&] { map_key(key, type.items[0], &inner); }, member.value());
    }
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Path inner{path, {}, i};
    const Json& pair = value[i];
    if (!pair.is_array() || pair.size() != 2)
      fail(&inner, "expected an array of key and value, got " + show(pair));
    const Path at_key{&inner, {}, 0};
    const Path at_value{&inner, {}, 1};
    entry(
        at_value, pair[0], [&] { this->value(pair[0], type.items[0], &at_key); }, pair[1]);
  }
}

void Encoder::alternative(const Json& value, const Type& type, std::size_t index,
                          const Path* path) {
  put(static_cast<std::int32_t>(index));
  this->value(value, type.items[index], path);
}

bool Encoder::tagged(const Json& value, const Type& type, const Path* path) {
  if (!value.is_object() || value.size() != 1) return false;
  const std::string& key = value.begin().key();
  for (std::size_t i = 0; i < type.items.size(); ++i) {
    if (key != tag(type, i) && key != std::to_string(i)) continue;
    const Path inner{path, key, 0, true};
    alternative(value.front(), type, i, &inner);
    return true;
  }
  return false;
}

bool Encoder::fits(const Json& value, const Type& type, std::size_t index, const Path* path) {
  if (++guesses_ > max_guesses)
    fail(path,
         fmt::format("there are too many ways to read it; write alternatives like {{{}: ...}}",
                     Json(tag(type, index)).dump()));
  const std::size_t size = out_.size();
  const auto versions = versions_;
  bool fit = true;
  try {
    alternative(value, type, index, path);
  } catch (const BadArguments&) {
    if (guesses_ > max_guesses) throw;
    fit = false;
  }
  out_.resize(size);
  versions_ = versions;
  return fit;
}

void Encoder::untagged(const Json& value, const Type& type, const Path* path) {
  std::vector<std::size_t> fitting;
  if (guessing_ == 0) guesses_ = 0;
  ++guessing_;
  for (std::size_t i = 0; i < type.items.size(); ++i)
    if (fits(value, type, i, path)) fitting.push_back(i);
  --guessing_;
  const auto example = [&](std::size_t index) {
    return '{' + Json(tag(type, index)).dump() + ": " + show(value) + '}';
  };
  if (fitting.empty()) mismatch(path, type, value);
  if (fitting.size() > 1)
    fail(path, fmt::format("{} fits {} and {} of {}; write {} or {}", show(value),
                           shorten(to_string(type.items[fitting[0]]), shown_type),
                           shorten(to_string(type.items[fitting[1]]), shown_type),
                           shorten(to_string(type), shown_type), example(fitting[0]),
                           example(fitting[1])));
  alternative(value, type, fitting.front(), path);
}

void Encoder::variant(const Json& value, const Type& type, const Path* path) {
  if (!tagged(value, type, path)) untagged(value, type, path);
}

}  // namespace rmi::json
