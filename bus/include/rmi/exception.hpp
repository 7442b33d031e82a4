// RMI_EXCEPTION: exception types of your own that arrive as themselves, with their fields.
#pragma once

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/detail/for_each.hpp>
#include <rmi/errors.hpp>

namespace rmi::detail {

/// An exception of type E that came from elsewhere: caught as E and as RemoteInfo.
template <class E>
class Remote final : public E, public RemoteInfo {
 public:
  Remote(E base, RemoteInfo info) : E(std::move(base)), RemoteInfo(std::move(info)) {}
  const char* what() const noexcept override { return RemoteInfo::text.c_str(); }
};

/// How a type of exceptions travels.
struct ExceptionType {
  const std::type_info* type;
  /// The fields of an exception of that type, as bytes; nothing if it is of another type.
  std::vector<std::byte> (*encode)(const std::exception& error);
  /// Throws one. @throws RemoteError  the bytes do not fit.
  void (*raise)(std::span<const std::byte> fields, RemoteInfo info);
};

/// Makes a type known to this process as long as it lives. Any number for one type is fine: several
/// libraries may each have one. Thread safety: thread safe.
class ExceptionRegistration {
 public:
  explicit ExceptionRegistration(const ExceptionType& type);
  ~ExceptionRegistration();
  ExceptionRegistration(const ExceptionRegistration&) = delete;
  ExceptionRegistration& operator=(const ExceptionRegistration&) = delete;

 private:
  const std::size_t id_;
};

[[noreturn]] void throw_undecodable(RemoteInfo info, const char* why);

template <class E>
E make_exception(const std::string& text) {
  if constexpr (std::is_constructible_v<E, const std::string&>) {
    return E(text);
  } else {
    return E();
  }
}

template <class E, auto... Fields>
std::vector<std::byte> encode_exception(const std::exception& error) {
  const auto* own = dynamic_cast<const E*>(&error);
  if (own == nullptr) return {};
  std::vector<std::byte> bytes(encoded_size((own->*Fields)...));
  encode(std::span(bytes), (own->*Fields)...);
  return bytes;
}

template <class E, auto... Fields>
void raise_exception(std::span<const std::byte> fields, RemoteInfo info) {
  E error = make_exception<E>(info.text);
  try {
    decode(fields, DecodeLimits{}, (error.*Fields)...);
  } catch (const DecodeError& why) {
    throw_undecodable(std::move(info), why.what());
  }
  throw Remote<E>(std::move(error), std::move(info));
}

template <class E, auto... Fields>
ExceptionType exception_type() {
  static_assert(std::is_base_of_v<std::exception, E>,
                "rmi: RMI_EXCEPTION: the type must derive from std::exception");
  static_assert(!std::is_final_v<E>,
                "rmi: RMI_EXCEPTION: the type must not be final, because what arrives derives from "
                "it and from rmi::RemoteInfo");
  static_assert(!std::is_base_of_v<RemoteInfo, E>,
                "rmi: RMI_EXCEPTION: the type must not derive from rmi::RemoteInfo, which is added "
                "when it arrives");
  static_assert(
      std::is_constructible_v<E, const std::string&> || std::is_default_constructible_v<E>,
      "rmi: RMI_EXCEPTION: the type needs a constructor from std::string, or one without "
      "parameters");
  static_assert(std::is_copy_constructible_v<E>,
                "rmi: RMI_EXCEPTION: the type must be copyable, as all that is thrown");
  static_assert((std::is_member_object_pointer_v<decltype(Fields)> && ...),
                "rmi: RMI_EXCEPTION: what follows the type must be public data members of it");
  return {&typeid(E), &encode_exception<E, Fields...>, &raise_exception<E, Fields...>};
}

}  // namespace rmi::detail

/// Lets an exception type of yours, thrown by a method, arrive at the caller as that type with
/// these fields, like std exceptions do. To be written in the namespace of the type, after it, in a
/// header that both sides include:
///
///     struct NotEnough : std::runtime_error {
///       using std::runtime_error::runtime_error;
///       double balance = 0;
///     };
///     RMI_EXCEPTION(NotEnough, balance)
///
/// The type derives from std::exception, is not final, and can be made of a std::string or of
/// nothing. The fields are public data members of types that docs/payload.md lists; what() arrives
/// by itself. A caller that does not know the type gets a RemoteError with its name and text.
#define RMI_EXCEPTION(Type, ...)                                                             \
  inline const ::rmi::detail::ExceptionRegistration rmi_exception_##Type(                    \
      ::rmi::detail::exception_type<Type RMI_FOR_EACH_(RMI_EXCEPTION_FIELD_,                 \
                                                       Type __VA_OPT__(, ) __VA_ARGS__)>()); \
  // complete with and without a semicolon after it

#define RMI_EXCEPTION_FIELD_(Type, field) , &Type::field
