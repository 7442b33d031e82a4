// Any text: parse_interface() refuses it, or printing what it made leads back to the same.
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <rmi/schema.hpp>

using namespace rmi;

namespace {

void require(bool holds) {
  if (!holds) throw std::logic_error("the printed schema is not the parsed one");
}

template <class Value, class Parse>
void check(std::string_view text, Parse parse) {
  Value value;
  try {
    value = parse(text);
  } catch (const SchemaError& error) {
    require(*error.what() != 0);
    return;
  }
  require(parse(to_string(value)) == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check<Type>(text, parse_type);
  check<Signature>(text, parse_signature);
  check<InterfaceSchema>(text, parse_interface);
  try {
    require(hash(parse_interface(text)) != 0);
  } catch (const SchemaError&) {
  }
  return 0;
}
