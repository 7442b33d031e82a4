// Calls what RMI_INTERFACE lists as whoever serves an object does, for tests.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <rmi/interface.hpp>

namespace rmi {

struct ByteSink final : detail::ReplySink {
  std::vector<std::byte> bytes;
  void value(const detail::Extent& result,
             detail::FunctionRef<void(std::span<std::byte>)> encode) override {
    bytes.resize(result.size);
    encode(bytes);
  }
};

template <class... A>
std::vector<std::byte> encoded(const A&... values) {
  std::vector<std::byte> bytes(encoded_size(values...));
  encode(bytes, values...);
  return bytes;
}

/// @throws std::out_of_range  there is no such method.
inline const detail::MethodEntry& entry_of(const std::vector<detail::MethodEntry>& methods,
                                           std::string_view name) {
  const auto found = std::ranges::find(methods, name, &detail::MethodEntry::name);
  if (found == methods.end()) throw std::out_of_range(std::string(name));
  return *found;
}

/// @param object  of the class for which the methods were described.
template <class R = void, class... A>
R invoke_entry(const std::vector<detail::MethodEntry>& methods, void* object, std::string_view name,
               const A&... arguments) {
  ByteSink sink;
  entry_of(methods, name).invoke(object, encoded(arguments...), {}, sink);
  if constexpr (std::is_void_v<R>) {
    decode(sink.bytes, {});
  } else {
    R result{};
    decode(sink.bytes, {}, result);
    return result;
  }
}

/// A way of calling, for Members: it notes which method was called with how much.
struct Noted {
  detail::CallMethod method{};
  std::size_t bytes = 0;
};
struct NoteMode {
  using Target = Noted;
  template <class R, class... A>
  static auto call(Target& target, const detail::CallMethod& method, const A&... arguments) {
    target.method = method;
    target.bytes = encoded_size(arguments...);
    return std::type_identity<R>{};
  }
};
template <class Class>
using NoteStub = detail::Members<Class, detail::StubMode<NoteMode>>;

}  // namespace rmi
