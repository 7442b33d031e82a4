// An object that is served: finds the method that a frame asks for, runs it, builds the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rmi/detail/object.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>
#include <rmi/schema.hpp>

#include "bus/frame.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// Thrown by a method of the broker's own objects: nothing happened, ask again when that name is
/// there. The only thing that leaves ServedObject::dispatch.
struct Postponed {
  std::string until_name;
};

/// Thread safety: dispatch() may run on several threads at once; whether it should is the caller's
/// affair (see Scheduler).
class ServedObject {
 public:
  /// Where it is served, for error texts and remote exceptions.
  struct Place {
    std::string host;
    std::string process;
    std::size_t max_reply = default_max_message;  ///< largest frame that a reply may be
    /// Errors of the bus that a method throws are the bus's own answer (the broker's objects), not
    /// an exception of the method (everybody else's).
    bool speaks_for_bus = false;
    LogSink log;
  };

  /// @throws std::logic_error  two methods of one name, or parameter names that do not fit.
  ServedObject(std::string name, detail::ObjectDescription description, Place place);

  const std::string& name() const noexcept { return name_; }
  const std::string& interface() const noexcept { return description_.interface; }
  /// Hash of all its signatures.
  std::uint32_t interface_hash() const noexcept { return interface_hash_; }

  /// Runs what a frame of kind call asks for. Blocks for as long as the method does.
  /// @return the frame that answers it: reply or error.
  Frame dispatch(const wire::View& call);

 private:
  struct Method {
    detail::MethodEntry::Invoke invoke;
    std::uint32_t hash;
    std::string signature;
  };
  class Reply;

  Frame run(const Method& method, const wire::View& call);
  Frame report(const std::exception_ptr& thrown, const wire::View& call) const;
  Frame answer_reserved(const wire::View& call);
  Frame refuse_unknown(const wire::View& call) const;

  const std::string name_;
  const detail::ObjectDescription description_;
  const Place place_;
  std::string schema_text_;
  std::uint32_t interface_hash_ = 0;
  std::unordered_map<std::string_view, Method> methods_;  ///< keys point into description_
};

}  // namespace rmi
