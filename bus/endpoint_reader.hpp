// Reads endpoints on behalf of an input that may be more than the endpoint, such as a URI.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rmi/endpoint.hpp>

namespace rmi {

struct EndpointReader {
  std::string_view lead;   ///< how complaints begin, e.g. "bad URI"
  std::string_view input;  ///< all that the user wrote, for complaints
  bool listen = false;     ///< `*` is welcome

  /// @throws UriError
  Endpoint read(std::string_view text) const;
  /// Throws a UriError that says `LEAD 'INPUT': COMPLAINT`.
  [[noreturn]] void refuse(const std::string& complaint) const;

 private:
  Endpoint read_tcp(std::string_view rest) const;
  Endpoint read_ipc(std::string_view path) const;
  std::string read_host(std::string_view host) const;
  std::string read_ipv6(std::string_view address) const;
  std::uint16_t read_port(std::string_view port) const;
};

/// Length of the `WORD` of a `WORD://` that text begins with; 0 if it does not.
std::size_t transport_length(std::string_view text) noexcept;

/// Whether `text` is `word` in any case; `word` is in lower case.
bool is_word(std::string_view text, std::string_view word) noexcept;

}  // namespace rmi
