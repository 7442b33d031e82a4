// How an object is named in text: rmi:, rminame: and rmimeta: URIs.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <rmi/endpoint.hpp>

namespace rmi {

/// Which object is meant, and where. A value: copies, compares, hashes and prints; printing and
/// parsing are inverses.
///
/// | form | means |
/// |---|---|
/// | `rmi:OBJECT@ENDPOINT` | that object of the daemon that listens there; no broker |
/// | `rminame:NAME[@ENDPOINT]` | what the broker there, or the default one, knows by that name |
/// | `NAME[@ENDPOINT]` | the same; NAME without ':' |
/// | `rmimeta:TAG,TAG[@ENDPOINT]` | any object that has all these tags |
///
/// The endpoint begins after the first '@' that a word and `://` follow, as in `@tcp://`; every
/// other '@' belongs to the name before it or to the ipc path after it. Schemes may be in any
/// case. Names and tags: 1 to 255 bytes of UTF-8 without control characters; a name that holds
/// such an '@', or a tag that holds ',', cannot be written as a URI.
class Uri {
 public:
  enum class Kind : std::uint8_t { object, name, tags };

  /// @throws UriError
  static Uri parse(std::string_view text);
  /// `rmi:OBJECT@ENDPOINT`. @throws UriError  the object name is malformed.
  static Uri for_object(std::string_view object, Endpoint endpoint);
  /// `rminame:NAME[@ENDPOINT]`. @throws UriError  the name is malformed.
  static Uri for_name(std::string_view name, std::optional<Endpoint> broker = {});
  /// `rmimeta:TAG,TAG[@ENDPOINT]`. @throws UriError  there is no tag, or a malformed one.
  static Uri for_tags(std::set<std::string> tags, std::optional<Endpoint> broker = {});

  Kind kind() const noexcept { return kind_; }
  /// Name of the object; empty for tags.
  const std::string& name() const noexcept { return name_; }
  /// Sorted, without duplicates; empty unless the kind is tags.
  const std::set<std::string>& tags() const noexcept { return tags_; }
  /// Of the daemon (object) or of the broker; nothing means the default broker.
  const std::optional<Endpoint>& endpoint() const noexcept { return endpoint_; }
  /// With its scheme, in lower case.
  std::string str() const;

  friend bool operator==(const Uri&, const Uri&) = default;
  friend auto operator<=>(const Uri&, const Uri&) = default;

 private:
  friend struct UriReader;
  Uri(Kind kind, std::string name, std::set<std::string> tags, std::optional<Endpoint> endpoint)
      : kind_(kind),
        name_(std::move(name)),
        tags_(std::move(tags)),
        endpoint_(std::move(endpoint)) {}

  Kind kind_;
  std::string name_;
  std::set<std::string> tags_;
  std::optional<Endpoint> endpoint_;
};

std::ostream& operator<<(std::ostream& out, const Uri& uri);

}  // namespace rmi

template <>
struct std::hash<rmi::Uri> {
  std::size_t operator()(const rmi::Uri& uri) const noexcept;
};
