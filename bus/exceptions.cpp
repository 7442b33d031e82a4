// The table of exception types that arrive as themselves.
#include "bus/exceptions.hpp"

#include <cxxabi.h>

#include <any>
#include <array>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <variant>

#include <rmi/exception.hpp>

#include "bus/exception_table.hpp"

namespace rmi {
namespace {

constexpr std::size_t max_causes = 16;

const std::error_category& category(const std::string& name) {
  if (name == std::system_category().name()) return std::system_category();
  if (name == std::iostream_category().name()) return std::iostream_category();
  if (name == std::future_category().name()) return std::future_category();
  return std::generic_category();
}

std::error_code code_of(const ErrorPayload& error) {
  return {error.error_value, category(error.error_category)};
}

// How to make an E from a payload; what() comes from RemoteInfo.
template <class E>
[[noreturn]] void throw_text(const ErrorPayload& error, RemoteInfo info) {
  throw detail::Remote<E>(E(error.text), std::move(info));
}
template <class E>
[[noreturn]] void throw_plain(const ErrorPayload&, RemoteInfo info) {
  throw detail::Remote<E>(E(), std::move(info));
}
template <class E>
[[noreturn]] void throw_coded(const ErrorPayload& error, RemoteInfo info) {
  throw detail::Remote<E>(E(error.text, code_of(error)), std::move(info));
}
[[noreturn]] void throw_system(const ErrorPayload& error, RemoteInfo info) {
  throw detail::Remote<std::system_error>(std::system_error(code_of(error)), std::move(info));
}
[[noreturn]] void throw_future(const ErrorPayload& error, RemoteInfo info) {
  throw detail::Remote<std::future_error>(
      std::future_error(static_cast<std::future_errc>(error.error_value)), std::move(info));
}

struct KnownType {
  std::string_view name;
  void (*raise)(const ErrorPayload&, RemoteInfo);
};

constexpr std::array known_types{
    KnownType{"std::logic_error", throw_text<std::logic_error>},
    KnownType{"std::domain_error", throw_text<std::domain_error>},
    KnownType{"std::invalid_argument", throw_text<std::invalid_argument>},
    KnownType{"std::length_error", throw_text<std::length_error>},
    KnownType{"std::out_of_range", throw_text<std::out_of_range>},
    KnownType{"std::runtime_error", throw_text<std::runtime_error>},
    KnownType{"std::range_error", throw_text<std::range_error>},
    KnownType{"std::overflow_error", throw_text<std::overflow_error>},
    KnownType{"std::underflow_error", throw_text<std::underflow_error>},
    KnownType{"std::exception", throw_plain<std::exception>},
    KnownType{"std::bad_alloc", throw_plain<std::bad_alloc>},
    KnownType{"std::bad_array_new_length", throw_plain<std::bad_array_new_length>},
    KnownType{"std::bad_cast", throw_plain<std::bad_cast>},
    KnownType{"std::bad_any_cast", throw_plain<std::bad_any_cast>},
    KnownType{"std::bad_typeid", throw_plain<std::bad_typeid>},
    KnownType{"std::bad_exception", throw_plain<std::bad_exception>},
    KnownType{"std::bad_function_call", throw_plain<std::bad_function_call>},
    KnownType{"std::bad_optional_access", throw_plain<std::bad_optional_access>},
    KnownType{"std::bad_variant_access", throw_plain<std::bad_variant_access>},
    KnownType{"std::bad_weak_ptr", throw_plain<std::bad_weak_ptr>},
    KnownType{"std::system_error", throw_system},
    KnownType{"std::future_error", throw_future},
    KnownType{"std::ios_base::failure", throw_coded<std::ios_base::failure>},
    KnownType{"std::filesystem::filesystem_error", throw_coded<std::filesystem::filesystem_error>},
};

template <class E>
void read_code(const std::exception& error, ErrorPayload& payload) {
  if (const auto* coded = dynamic_cast<const E*>(&error)) {
    payload.error_value = coded->code().value();
    payload.error_category = coded->code().category().name();
  }
}

/// Fills `payload` from the exception, and returns the one nested in it.
std::exception_ptr read_exception(const std::exception_ptr& thrown, ErrorPayload& payload) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    // One that came from elsewhere keeps the type and the text that it had there.
    const auto* remote = dynamic_cast<const RemoteInfo*>(&error);
    payload.type = remote == nullptr ? exception_name(typeid(error)) : remote->type;
    payload.text = error.what();
    read_code<std::system_error>(error, payload);
    read_code<std::future_error>(error, payload);
    if (const auto own = find_exception(payload.type)) payload.data = own->encode(error);
    const auto* nested = dynamic_cast<const std::nested_exception*>(&error);
    return nested == nullptr ? nullptr : nested->nested_ptr();
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    payload.type = type == nullptr ? "unknown" : exception_name(*type);
    payload.text = "an exception that is not a std::exception";
    return nullptr;
  }
}

RemoteInfo info_of(const ErrorPayload& error) {
  RemoteInfo info;
  info.type = error.type;
  info.text = error.text;
  info.object = error.object;
  info.method = error.method;
  info.host = error.host;
  info.process = error.process;
  for (const auto& cause : error.causes)
    info.causes.push_back({cause.type, cause.text});
  return info;
}

[[noreturn]] void throw_remote(const ErrorPayload& error) {
  for (const auto& known : known_types)
    if (known.name == error.type) known.raise(error, info_of(error));
  if (const auto own = find_exception(error.type)) own->raise(error.data, info_of(error));
  throw RemoteError(info_of(error));
}

template <class E>
[[noreturn]] void throw_bus(const std::string& text, Outcome outcome) {
  throw E(text, outcome);
}

}  // namespace

ErrorPayload describe_exception(const std::exception_ptr& thrown, const ThrowSite& site) {
  ErrorPayload payload;
  payload.code = static_cast<std::uint8_t>(ErrorCode::remote);
  payload.outcome = static_cast<std::uint8_t>(Outcome::executed);
  payload.object = site.object;
  payload.method = site.method;
  payload.host = site.host;
  payload.process = site.process;
  std::exception_ptr next = read_exception(thrown, payload);
  while (next && payload.causes.size() < max_causes) {
    ErrorPayload cause;
    next = read_exception(next, cause);
    payload.causes.push_back({cause.type, cause.text});
  }
  return payload;
}

std::string thrown_text(const ErrorPayload& error) {
  std::string text = error.type + ": " + error.text;
  for (const auto& cause : error.causes)
    text += ", because of " + cause.type + ": " + cause.text;
  return text;
}

void throw_error(ErrorPayload error) {
  static constexpr std::array<void (*)(const std::string&, Outcome), 17> raise{
      nullptr,
      throw_bus<NotConnected>,
      throw_bus<NameNotFound>,
      throw_bus<MethodNotFound>,
      throw_bus<SignatureMismatch>,
      throw_bus<Overloaded>,
      throw_bus<Draining>,
      throw_bus<AccessDenied>,
      throw_bus<BadArguments>,
      throw_bus<MessageTooLarge>,
      throw_bus<ConnectionLost>,
      throw_bus<TimeoutError>,
      throw_bus<Cancelled>,
      nullptr,  // remote, below
      throw_bus<NameTaken>,
      throw_bus<NotConnected>,  // unknown session
      throw_bus<ProtocolError>,
  };
  const auto outcome = error.outcome <= static_cast<std::uint8_t>(Outcome::executed)
                           ? static_cast<Outcome>(error.outcome)
                           : Outcome::unknown;
  if (error.code == static_cast<std::uint8_t>(ErrorCode::remote)) throw_remote(error);
  if (error.code < raise.size() && raise[error.code] != nullptr)
    raise[error.code](error.text, outcome);
  throw ProtocolError("the other side answered with the unknown error code " +
                          std::to_string(error.code) + ": " + error.text,
                      outcome);
}

namespace {

/// An error of the bus that has the one outcome gets the other.
std::exception_ptr change_outcome(std::exception_ptr error, Outcome from, Outcome to,
                                  std::string_view more) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Error& failure) {
    if (failure.outcome() != from) return error;
    ErrorPayload changed;
    changed.code = static_cast<std::uint8_t>(failure.code());
    changed.outcome = static_cast<std::uint8_t>(to);
    changed.text = failure.what() + std::string(more);
    try {
      throw_error(std::move(changed));
    } catch (...) {
      return std::current_exception();
    }
  } catch (...) {
    return error;
  }
}

}  // namespace

std::exception_ptr in_doubt(std::exception_ptr error) noexcept {
  return change_outcome(std::move(error), Outcome::not_executed, Outcome::unknown,
                        "; an earlier attempt was lost and may have run");
}

std::exception_ptr not_begun(std::exception_ptr error) noexcept {
  return change_outcome(std::move(error), Outcome::unknown, Outcome::not_executed,
                        "; the call that needs its answer was not sent");
}

}  // namespace rmi
