// The description of an interface: types, signatures and what they are called, as plain data.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rmi/method_traits.hpp>

namespace rmi {

/// What a value is on the wire. Each has one cereal encoding; see docs/payload.md.
enum class Kind : std::uint8_t {
  void_,  ///< no bytes: result of a method that returns nothing; std::monostate
  bool_,
  i8,
  u8,
  i16,
  u16,
  i32,
  u32,
  i64,
  u64,
  f32,
  f64,
  string,    ///< UTF-8 by convention; the wire does not check
  bytes,     ///< vector of std::uint8_t or std::byte
  named,     ///< a struct or an enum that the TypeTable defines
  optional,  ///< of items[0]
  box,       ///< std::unique_ptr to items[0]
  list,      ///< any number of items[0], in order
  array,     ///< exactly `size` of items[0]
  set,       ///< distinct items[0]
  map,       ///< distinct keys items[0] with values items[1]
  multimap,  ///< keys items[0], which may repeat, with values items[1]
  tuple,     ///< one of each of items, in order; std::pair too
  variant,   ///< one of items
  duration,  ///< count of type items[0] in units of num/den seconds
  time,      ///< the duration since the epoch of the clock `name`
  version,   ///< cereal class version `size` of class `name`, written where the class first occurs
  ref,       ///< an object of the interface `name`, by its name on the bus
  stream,    ///< a source of any number of items[0], by its name
  callback,  ///< a function, by its name: parameters items, result the last of them
};

/// The type of a value. A value: copies, compares and prints.
struct Type {
  Kind kind = Kind::void_;
  std::vector<Type> items;
  std::string name;        ///< named: key into the TypeTable; time: the clock; version: the class;
                           ///< ref: the interface
  std::uint64_t size = 0;  ///< array: elements; version: the number
  std::int64_t num = 0;    ///< duration and time: the unit in seconds is num/den, in lowest terms
  std::int64_t den = 0;

  friend bool operator==(const Type&, const Type&) = default;
};

struct Field {
  std::string name;  ///< a field that was serialized without a name is called _0, _1, ...
  Type type;
  friend bool operator==(const Field&, const Field&) = default;
};

struct StructType {
  std::vector<Field> fields;
  friend bool operator==(const StructType&, const StructType&) = default;
};

struct Enumerator {
  std::string name;
  std::int64_t value = 0;
  friend bool operator==(const Enumerator&, const Enumerator&) = default;
};

struct EnumType {
  Kind underlying = Kind::i32;  ///< bool_ or an integer
  std::vector<Enumerator> enumerators;
  friend bool operator==(const EnumType&, const EnumType&) = default;
};

struct Definition {
  std::string name;
  std::variant<StructType, EnumType> body;
  friend bool operator==(const Definition&, const Definition&) = default;
};

/// The structs and enums that types refer to by name, in the order in which they were entered.
/// Thread safety: one thread at a time, as a container.
class TypeTable {
 public:
  /// The definition of that name, or nullptr. Valid until the table changes.
  const Definition* find(std::string_view name) const;
  const std::vector<Definition>& definitions() const noexcept { return definitions_; }

  /// @throws SchemaError  the name is defined already.
  void add(Definition definition);

  /// For reflection: reserves a name for the C++ type that `identity` stands for, so that its
  /// definition may refer to itself. A name that another type has got becomes `name_2`, `name_3`...
  /// @return the name, and whether the caller must still define() it.
  std::pair<std::string, bool> declare(const void* identity, const std::string& name);
  void define(std::string_view name, std::variant<StructType, EnumType> body);

  friend bool operator==(const TypeTable& a, const TypeTable& b) {
    return a.definitions_ == b.definitions_;
  }

 private:
  std::vector<Definition> definitions_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::map<const void*, std::string> declared_;
};

struct Parameter {
  std::string name;  ///< may be empty
  Type type;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// Whether a method reads a property, and whether another one sets it.
enum class Access : std::uint8_t {
  none,        ///< no property: an ordinary method
  read_only,   ///< nothing sets it
  read_write,  ///< the method that comes next does, see setter_of()
};

struct Signature {
  std::string name;
  std::vector<Parameter> parameters;
  Type result;
  std::string doc;
  MethodTraits traits{};  ///< do not count in the hash
  Access property = Access::none;
  friend bool operator==(const Signature&, const Signature&) = default;
};

/// The method that sets the property which `getter` reads: `level=(f64) -> void` of `level: f64`.
Signature setter_of(const Signature& getter);

/// All that a caller needs to know to call an object without its header.
struct InterfaceSchema {
  std::string name;
  std::string doc;
  std::vector<std::string> extends;  ///< interfaces whose methods are among the methods of this
  std::vector<Signature> methods;
  TypeTable types;
  friend bool operator==(const InterfaceSchema&, const InterfaceSchema&) = default;
};

/// The text is not a schema. what() has the line and what was expected there.
class SchemaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Longest text that parse_interface takes, and deepest nesting of types in it.
inline constexpr std::size_t max_schema_text = std::size_t{4} << 20U;
inline constexpr std::size_t max_schema_depth = 64;

/// "map<string, list<f64>>"; a struct or enum is its name.
std::string to_string(const Type& type);
/// "welcome_message(string) -> string", or "divide(a: f64, b: f64) -> f64 [timeout 5s]", or
/// "level: f64 [readonly]" for a method that reads a property. Without the doc.
std::string to_string(const Signature& signature);
/// "struct shop::Item { ... }" or "enum Color : u8 { ... }", lines indented as in an interface.
std::string to_string(const Definition& definition);
/// The whole interface as text, the form in which it travels. The grammar is in docs/payload.md.
std::string to_string(const InterfaceSchema& interface);

/// Exact inverses of to_string: parse(to_string(x)) == x, and to_string(parse(text)) parses to the
/// same again. Take any bytes; bounded by max_schema_text and max_schema_depth.
/// @throws SchemaError
Type parse_type(std::string_view text);
Signature parse_signature(std::string_view text);
InterfaceSchema parse_interface(std::string_view text);

/// Hash of what must agree for a call to be decoded: parameter types and result, with structs and
/// enums expanded to field names, field types and enumerators. Names of the method, of parameters
/// and of C++ types do not count, docs neither. 32-bit FNV-1a over a canonical text; never 0.
std::uint32_t hash(const Signature& signature, const TypeTable& types);
/// Hash over the names and hashes of all methods; their order does not count. Never 0.
std::uint32_t hash(const InterfaceSchema& interface);

/// The method of that name, or nullptr. Valid as long as the interface. `level=` is the method that
/// sets the property `level`.
const Signature* find(const InterfaceSchema& interface, std::string_view method);

/// Up to three candidates that `wanted` may have been meant to be, the nearest first: few typing
/// errors away (optimal string alignment distance), the same but for case, or starting with it.
std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string> candidates);
/// "; did you mean 'x', 'y' or 'z'?", or "" when no candidate is near.
std::string did_you_mean(std::string_view wanted, std::span<const std::string> candidates);
/// Names of all methods and properties, for nearest().
std::vector<std::string> method_names(const InterfaceSchema& interface);

/// Why an object of that name has no such method, for MethodNotFound: with the nearest names, or
/// that the property which `method` would set is read-only.
std::string unknown_method(const InterfaceSchema& interface, std::string_view object,
                           std::string_view method);

}  // namespace rmi
