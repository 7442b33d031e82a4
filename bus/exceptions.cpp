// The table of exception types that arrive as themselves.
#include "bus/exceptions.hpp"

#include <cxxabi.h>

#include <any>
#include <array>
#include <cstdlib>
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

namespace rmi {
namespace {

constexpr std::size_t max_causes = 16;

/// An exception of type E that came from elsewhere: caught as E and as RemoteInfo.
template <class E>
class Remote final : public E, public RemoteInfo {
 public:
  Remote(E base, RemoteInfo info) : E(std::move(base)), RemoteInfo(std::move(info)) {}
  const char* what() const noexcept override { return RemoteInfo::text.c_str(); }
};

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
  throw Remote<E>(E(error.text), std::move(info));
}
template <class E>
[[noreturn]] void throw_plain(const ErrorPayload&, RemoteInfo info) {
  throw Remote<E>(E(), std::move(info));
}
template <class E>
[[noreturn]] void throw_coded(const ErrorPayload& error, RemoteInfo info) {
  throw Remote<E>(E(error.text, code_of(error)), std::move(info));
}
[[noreturn]] void throw_system(const ErrorPayload& error, RemoteInfo info) {
  throw Remote<std::system_error>(std::system_error(code_of(error)), std::move(info));
}
[[noreturn]] void throw_future(const ErrorPayload& error, RemoteInfo info) {
  throw Remote<std::future_error>(
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

void erase_all(std::string& text, std::string_view part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
}

/// The type as a programmer writes it, without the marks of libstdc++.
std::string readable(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  std::string name = demangled ? demangled.get() : type.name();
  erase_all(name, "__cxx11::");
  erase_all(name, "[abi:cxx11]");
  constexpr std::string_view nested = "std::_Nested_exception<";  // of std::throw_with_nested
  if (name.starts_with(nested)) {
    name.erase(0, nested.size());
    name.pop_back();
  }
  if (name == "std::ios_base::failure" || name == "std::__ios_failure")
    return "std::ios_base::failure";
  return name;
}

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
    payload.type = readable(typeid(error));
    payload.text = error.what();
    read_code<std::system_error>(error, payload);
    read_code<std::future_error>(error, payload);
    const auto* nested = dynamic_cast<const std::nested_exception*>(&error);
    return nested == nullptr ? nullptr : nested->nested_ptr();
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    payload.type = type == nullptr ? "unknown" : readable(*type);
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

}  // namespace rmi
