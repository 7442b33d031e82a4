// Reads payload bytes as JSON values, by schema; takes any bytes.
#pragma once

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "bus/json_text.hpp"

namespace rmi::json {

/// For one message. All errors are DecodeError with the path and the offset.
class Decoder {
 public:
  Decoder(std::span<const std::byte> bytes, const TypeTable& types, const DecodeLimits& limits);

  void set_subject(std::string subject) { subject_ = std::move(subject); }
  Json value(const Type& type, const Path* path);
  /// To be called after the last value: nothing may be left.
  void finish() const;

 private:
  [[noreturn]] void fail(const Path* path, const std::string& text) const;
  std::span<const std::byte> take(std::size_t size, const Path* path);
  template <class T>
  T get(const Path* path) {
    T number;
    std::memcpy(&number, take(sizeof(T), path).data(), sizeof(T));
    return number;
  }
  bool flag(const char* what, const Path* path);
  /// Number of elements that follow, each of at least `least` bytes.
  std::uint64_t count(std::size_t least, const Path* path);
  void charge(std::size_t memory, const Path* path);
  /// Fewest bytes that a value of the type takes.
  std::size_t least_bytes(const Type& type, std::size_t depth = 0);
  std::size_t least_bytes(const std::string& name, std::size_t depth);

  Json compound(const Type& type, const Path* path);
  Json scalar(const Type& type, const Path* path);
  Json text(std::span<const std::byte> bytes, const Path* path);
  Json named(const Type& type, const Path* path);
  Json enumeration(const EnumType& body, const Path* path);
  Json nullable_value(const Type& type, const Path* path);
  Json elements(const Type& type, std::uint64_t count, const Path* path);
  Json tuple(const Type& type, const Path* path);
  Json map(const Type& type, const Path* path);
  Json variant(const Type& type, const Path* path);
  Json duration(const Type& type, const Path* path);
  Json time(const Type& type, const Path* path);
  Json version(const Type& type, const Path* path);
  Json reference(const Path* path);

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  const TypeTable& types_;
  DecodeLimits limits_;
  std::size_t budget_;
  std::size_t depth_ = 0;
  std::string subject_;
  std::set<std::string> versions_;
  std::map<std::string, std::size_t> least_;
};

}  // namespace rmi::json
