// Any text: it is no URI, or prints as one that reads as the same.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include <rmi/errors.hpp>
#include <rmi/uri.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto uri = rmi::Uri::parse(text);
    if (rmi::Uri::parse(uri.str()) != uri)
      throw std::logic_error("'" + uri.str() + "' reads as another URI than it was printed from");
  } catch (const rmi::UriError&) {
  }
  return 0;
}
