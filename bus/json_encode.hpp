// Writes JSON values as payload bytes, by schema.
#pragma once

#include <cstring>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "bus/json_text.hpp"

namespace rmi::json {

/// For one message. All errors are BadArguments with the path.
class Encoder {
 public:
  explicit Encoder(const TypeTable& types) : types_(types) {}

  /// What error texts call the value at the root of the paths that follow.
  void set_subject(std::string subject) { subject_ = std::move(subject); }
  void value(const Json& value, const Type& type, const Path* path);
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  [[noreturn]] void fail(const Path* path, const std::string& text) const;
  [[noreturn]] void mismatch(const Path* path, const Type& type, const Json& value,
                             const std::string& more = {}) const;
  template <class T>
  void put(T number) {
    static_assert(std::is_arithmetic_v<T>);
    const auto* bytes = reinterpret_cast<const std::byte*>(&number);
    out_.insert(out_.end(), bytes, bytes + sizeof(T));
  }
  void put_bytes(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    put<std::uint64_t>(size);
    out_.insert(out_.end(), bytes, bytes + size);
  }

  void scalar(const Json& value, const Type& type, const Path* path);
  void integer(const Json& value, Kind kind, const Type& shown, const Path* path);
  void real(const Json& value, const Type& type, const Path* path);
  void string(const Json& value, const Type& type, const Path* path);
  void bytes(const Json& value, const Type& type, const Path* path);
  void named(const Json& value, const Type& type, const Path* path);
  void enumeration(const Json& value, const Type& type, const EnumType& body, const Path* path);
  void structure(const Json& value, const Type& type, const StructType& body, const Path* path);
  void nullable_value(const Json& value, const Type& type, const Path* path);
  void sequence(const Json& value, const Type& type, const Path* path);
  void tuple(const Json& value, const Type& type, const Path* path);
  void map(const Json& value, const Type& type, const Path* path);
  void map_key(const std::string& key, const Type& type, const Path* path);
  void variant(const Json& value, const Type& type, const Path* path);
  bool tagged(const Json& value, const Type& type, const Path* path);
  void untagged(const Json& value, const Type& type, const Path* path);
  void alternative(const Json& value, const Type& type, std::size_t index, const Path* path);
  bool fits(const Json& value, const Type& type, std::size_t index, const Path* path);
  void duration(const Json& value, const Type& type, const Path* path);
  void time(const Json& value, const Type& type, const Path* path);
  void version(const Type& type);
  void refuse_repeated(std::set<std::string>& seen, std::size_t start, const Json& shown,
                       const Path* path) const;

  const TypeTable& types_;
  std::string subject_;
  std::vector<std::byte> out_;
  std::set<std::string> versions_;  // classes whose version this message has already
  std::size_t guessing_ = 0;        // variants whose alternatives are being tried, one in another
  std::size_t guesses_ = 0;
};

}  // namespace rmi::json
