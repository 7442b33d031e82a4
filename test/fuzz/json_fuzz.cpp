// Any payload and any JSON text, for a schema with every type: refused, or converted so that the
// way back leads to the same.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bus/json.hpp"

using namespace rmi;

namespace {

const InterfaceSchema& schema() {
  static const InterfaceSchema parsed = parse_interface(R"(interface I {
  f0(bool, i8, u8, i16, u16, i32, u32, i64, u64) -> void;
  f1(f32, f64) -> void;
  f2(string, bytes) -> void;
  f3(E, B, optional<E>) -> void;
  f4(N) -> void;
  f5(optional<optional<i8>>, box<box<bool>>, list<optional<void>>) -> void;
  f6(list<list<i16>>, set<string>, array<i8, 3>) -> void;
  f7(map<string, i32>, map<i32, string>, multimap<E, bool>) -> void;
  f8(tuple<>, tuple<i8, string>) -> void;
  f9(variant<void, i32, string, N, i32>) -> void;
  f10(duration<i64, ms>, duration<f64, s>, duration<i8, 1/30>, duration<u64, d>) -> void;
  f11(time<system, i64, ns>, time<system, i32, d>, time<system, f64, s>, time<steady, i64, ns>) -> void;
  f12(list<V>, V) -> void;
  f13(a: list<void>, b: optional<Empty>) -> void;
  f14(variant<list<A>, list<V>, map<string, variant<i8, string>>>) -> void;
  f15(ref<I>, stream<N>, callback<(i32, ref<I>) -> bool>, optional<ref<I>>, variant<ref<I>, i8>) -> void;
}
enum E : u8 { red = 0; green = 1; }
enum B : bool { off = 0; on = 1; }
struct N { value: string; kids: list<N>; next: box<N>; }
struct V { version<V, 7>; x: i32; }
struct Empty { }
struct A { v: variant<list<A>, list<V>, i8>; }
)");
  return parsed;
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

/// What may be said of bytes that encode_arguments() made itself.
bool over_a_limit(const DecodeError& error) {
  const std::string_view text = error.what();
  return text.find("nested deeper") != text.npos || text.find("too much memory") != text.npos;
}

void from_text(std::string_view text, const Signature& signature) {
  std::vector<std::byte> bytes;
  try {
    bytes = encode_arguments(parse_json(text), signature, schema().types);
  } catch (const BadArguments&) {
    return;
  }
  try {
    const Json back = decode_arguments(bytes, signature, schema().types);
    require(encode_arguments(back, signature, schema().types) == bytes, "bytes differ");
  } catch (const DecodeError& error) {
    require(over_a_limit(error), error.what());
  }
}

void from_bytes(std::span<const std::byte> bytes, const Signature& signature) {
  Json value;
  try {
    value = decode_arguments(bytes, signature, schema().types);
  } catch (const DecodeError&) {
    return;
  }
  const std::string text = to_text(value);
  try {
    // Not the bytes: there are many NaNs. Not always at all: sets of a stranger may repeat.
    const auto again = encode_arguments(parse_json(text), signature, schema().types);
    require(to_text(decode_arguments(again, signature, schema().types)) == text, "JSON differs");
  } catch (const BadArguments& error) {
    require(std::string_view(error.what()).find("twice") != std::string_view::npos, error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto& methods = schema().methods;
  const Signature& signature = methods[(data[0] & 0x7fU) % methods.size()];
  if ((data[0] & 0x80U) != 0) {
    from_bytes({reinterpret_cast<const std::byte*>(data + 1), size - 1}, signature);
  } else {
    from_text({reinterpret_cast<const char*>(data + 1), size - 1}, signature);
  }
  return 0;
}
