// The part of rmi-echo's object that rmi-bench calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rmi/blob.hpp>
#include <rmi/interface.hpp>
#include <rmi/schema.hpp>
#include <rmi/stream.hpp>

namespace rmi::cli {

/// What each method does is said by `rmi-call echo`.
class BenchObject {
 public:
  virtual ~BenchObject() = default;
  virtual std::string echo(const std::string& text) = 0;
  virtual Blob echo_bytes(const Blob& data) = 0;
  virtual void note(const std::string& text) = 0;
  /// How many calls came so far; not counting those of this.
  virtual std::uint64_t calls() const = 0;
  virtual Stream<std::int32_t> count(std::int32_t from, std::int32_t to,
                                     std::optional<std::chrono::milliseconds> pause) = 0;
};

RMI_INTERFACE(BenchObject, (echo, rmi::params("text"), rmi::idempotent),
              (echo_bytes, rmi::params("data"), rmi::idempotent),
              (note, rmi::params("text"), rmi::oneway), RMI_PROPERTY(calls),
              (count, rmi::params("from", "to", "pause")))

/// @throws SignatureMismatch  the object has not these methods; the text says what it has instead.
void check_is_echo(const InterfaceSchema& schema, std::string_view object);

}  // namespace rmi::cli
