// JSON of structs, containers and variants, within limits.
#include "bus/json_decode.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include <fmt/format.h>

#include "bus/shorten.hpp"

namespace rmi::json {
namespace {

/// Memory of a value in an array, and of one in an object besides its key.
constexpr std::size_t element_memory = sizeof(Json);
constexpr std::size_t member_memory = sizeof(Json) + sizeof(std::string);

std::size_t saturating_add(std::size_t a, std::size_t b) {
  std::size_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? static_cast<std::size_t>(-1) : sum;
}
std::size_t saturating_multiply(std::size_t a, std::size_t b) {
  std::size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? static_cast<std::size_t>(-1) : product;
}

}  // namespace

Decoder::Decoder(std::span<const std::byte> bytes, const TypeTable& types,
                 const DecodeLimits& limits)
    : bytes_(bytes),
      types_(types),
      limits_(limits),
      budget_(std::min(limits.memory_max,
                       saturating_add(saturating_multiply(bytes.size(), limits.memory_factor),
                                      limits.memory_base))) {}

void Decoder::fail(const Path* path, const std::string& text) const {
  throw DecodeError(
      fmt::format("{}: {} (offset {} of {})", describe(subject_, path), text, at_, bytes_.size()));
}

void Decoder::finish() const {
  if (at_ != bytes_.size())
    throw DecodeError(fmt::format("{} bytes are left after the last value (offset {} of {})",
                                  bytes_.size() - at_, at_, bytes_.size()));
}

std::span<const std::byte> Decoder::take(std::size_t size, const Path* path) {
  if (size > bytes_.size() - at_)
    fail(path, fmt::format("expected {} more bytes, {} are left", size, bytes_.size() - at_));
  const auto taken = bytes_.subspan(at_, size);
  at_ += size;
  return taken;
}

void Decoder::charge(std::size_t memory, const Path* path) {
  const std::size_t cost = saturating_add(memory, element_memory);
  if (cost > budget_) fail(path, "the value would take too much memory as JSON");
  budget_ -= cost;
}

std::uint64_t Decoder::count(std::size_t least, const Path* path) {
  const auto number = get<std::uint64_t>(path);
  const std::size_t left = bytes_.size() - at_;
  if (least > 0 && number > left / least)
    fail(path, fmt::format("{} elements cannot be in the {} bytes that are left", number, left));
  if (least == 0 && number > limits_.max_count)
    fail(path, fmt::format("{} elements are over the limit of {}", number, limits_.max_count));
  return number;
}

std::size_t Decoder::least_bytes(const std::string& name, std::size_t depth) {
  // 0 while it is being computed: a struct inside itself adds nothing certain.
  const auto [place, fresh] = least_.emplace(name, 0);
  const Definition* definition = types_.find(name);
  if (!fresh || definition == nullptr) return place->second;
  std::size_t sum = 0;
  if (const auto* list = std::get_if<EnumType>(&definition->body)) {
    Type underlying;
    underlying.kind = list->underlying;
    sum = least_bytes(underlying, depth);
  } else {
    for (const auto& field : std::get<StructType>(definition->body).fields)
      sum = saturating_add(sum, least_bytes(field.type, depth));
  }
  return place->second = sum;
}

std::size_t Decoder::least_bytes(const Type& type, std::size_t depth) {
  constexpr std::size_t deep = 200;  // guesses 0 beyond, which is always true
  if (depth > deep) return 0;
  switch (type.kind) {
    case Kind::void_:
    case Kind::version:
      return 0;
    case Kind::bool_:
    case Kind::optional:
    case Kind::box:
      return 1;
    case Kind::f32:
    case Kind::variant:
      return 4;
    case Kind::f64:
    case Kind::string:
    case Kind::bytes:
    case Kind::list:
    case Kind::set:
    case Kind::map:
    case Kind::multimap:
    case Kind::ref:
    case Kind::stream:
    case Kind::callback:
      return 8;
    case Kind::named:
      return least_bytes(type.name, depth + 1);
    case Kind::array:
      return saturating_multiply(type.size, least_bytes(type.items[0], depth + 1));
    case Kind::tuple: {
      std::size_t sum = 0;
      for (const auto& item : type.items)
        sum = saturating_add(sum, least_bytes(item, depth + 1));
      return sum;
    }
    case Kind::duration:
    case Kind::time:
      return least_bytes(type.items[0], depth + 1);
    default:
      return with_integer(type.kind, []<class T>() { return sizeof(T); });
  }
}

Json Decoder::value(const Type& type, const Path* path) {
  if (type.kind < Kind::named) return scalar(type, path);
  if (++depth_ > limits_.max_depth)
    fail(path, fmt::format("values are nested deeper than {}", limits_.max_depth));
  Json result = compound(type, path);
  --depth_;
  return result;
}

Json Decoder::compound(const Type& type, const Path* path) {
  switch (type.kind) {
    case Kind::named:
      return named(type, path);
    case Kind::optional:
    case Kind::box:
      return nullable_value(type, path);
    case Kind::list:
    case Kind::set:
      return elements(type, count(least_bytes(type.items[0]), path), path);
    case Kind::array:
      return elements(type, type.size, path);
    case Kind::map:
    case Kind::multimap:
      return map(type, path);
    case Kind::tuple:
      return tuple(type, path);
    case Kind::variant:
      return variant(type, path);
    case Kind::duration:
      return duration(type, path);
    case Kind::time:
      return time(type, path);
    case Kind::version:
      return version(type, path);
    default:
      return reference(path);
  }
}

Json Decoder::version(const Type& type, const Path* path) {
  charge(0, path);
  if (!versions_.insert(type.name).second) return nullptr;
  const auto number = get<std::uint32_t>(path);
  if (number != type.size)
    fail(path,
         fmt::format("{} has version {}, the schema has version {}", type.name, number, type.size));
  return nullptr;
}

Json Decoder::named(const Type& type, const Path* path) {
  const Definition* definition = types_.find(type.name);
  if (definition == nullptr) fail(path, "the schema does not define " + type.name);
  if (const auto* body = std::get_if<EnumType>(&definition->body)) return enumeration(*body, path);
  charge(0, path);
  Json object = Json::object();
  auto& members = object.get_ref<Json::object_t&>();
  for (const auto& field : std::get<StructType>(definition->body).fields) {
    const Path inner{path, field.name};
    charge(member_memory + field.name.size(), path);
    Json content = value(field.type, &inner);
    if (field.type.kind != Kind::version) members.emplace_back(field.name, std::move(content));
  }
  return object;
}

Json Decoder::nullable_value(const Type& type, const Path* path) {
  charge(0, path);
  const bool box = type.kind == Kind::box;
  const bool set = flag(box ? "unique_ptr flag" : "optional flag", path);
  if (set != box) return nullptr;
  const Type& item = type.items.front();
  if (!nullable(item)) return value(item, path);
  const Path inner{path, {}, 0};
  return Json::array({value(item, &inner)});
}

Json Decoder::elements(const Type& type, std::uint64_t count, const Path* path) {
  charge(0, path);
  Json array = Json::array();
  for (std::uint64_t i = 0; i < count; ++i) {
    const Path inner{path, {}, i};
    array.push_back(value(type.items.front(), &inner));
  }
  return array;
}

Json Decoder::tuple(const Type& type, const Path* path) {
  charge(0, path);
  Json array = Json::array();
  for (const auto& item : type.items) {
    const Path inner{path, {}, array.size()};
    array.push_back(value(item, &inner));
  }
  return array;
}

Json Decoder::map(const Type& type, const Path* path) {
  const auto entries =
      count(saturating_add(least_bytes(type.items[0]), least_bytes(type.items[1])), path);
  std::vector<std::pair<Json, Json>> pairs;
  std::unordered_set<std::string> keys;
  bool as_object = type.kind == Kind::map && type.items[0].kind == Kind::string;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const Path inner{path, {}, i};
    charge(3 * element_memory, path);
    Json key = value(type.items[0], &inner);
    // Not distinct, or no UTF-8: an object could not show it.
    as_object = as_object && key.is_string() && keys.insert(key.get<std::string>()).second;
    Json content = value(type.items[1], &inner);
    pairs.emplace_back(std::move(key), std::move(content));
  }
  Json result = as_object ? Json::object() : Json::array();
  for (auto& [key, content] : pairs) {
    if (as_object) {
      result.get_ref<Json::object_t&>().emplace_back(key.get<std::string>(), std::move(content));
    } else {
      Json pair = Json::array();
      pair.push_back(std::move(key));
      pair.push_back(std::move(content));
      result.push_back(std::move(pair));
    }
  }
  return result;
}

Json Decoder::variant(const Type& type, const Path* path) {
  const auto index = get<std::int32_t>(path);
  if (index < 0 || static_cast<std::size_t>(index) >= type.items.size())
    fail(path,
         fmt::format("alternative {} of {} does not exist", index, shorten(to_string(type), 100)));
  const std::string key = tag(type, static_cast<std::size_t>(index));
  charge(member_memory + key.size(), path);
  Json object = Json::object();
  Json content = value(type.items[static_cast<std::size_t>(index)], path);
  object.get_ref<Json::object_t&>().emplace_back(key, std::move(content));
  return object;
}

}  // namespace rmi::json
