// Reads and prints rmi:, rminame: and rmimeta: URIs.
#include <rmi/uri.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "bus/endpoint_reader.hpp"
#include "bus/name_rules.hpp"

namespace rmi {
namespace {

constexpr std::string_view all_forms =
    "expected NAME, rminame:NAME, rmi:OBJECT@ENDPOINT or rmimeta:TAG,TAG";

/// Where the '@' before an endpoint is; npos if there is none.
std::size_t endpoint_at(std::string_view text) noexcept {
  std::size_t at = text.find('@');
  while (at != std::string_view::npos && transport_length(text.substr(at + 1)) == 0)
    at = text.find('@', at + 1);
  return at;
}

}  // namespace

/// Reads one URI, or the parts of one.
struct UriReader {
  EndpointReader source;

  Uri read(std::string_view text) const;
  Uri make_object(std::string_view object, Endpoint endpoint) const;
  Uri make_name(std::string_view name, std::optional<Endpoint> broker) const;
  Uri make_tags(std::set<std::string> tags, std::optional<Endpoint> broker) const;

 private:
  std::set<std::string> read_tags(std::string_view list) const;
  [[noreturn]] void refuse_scheme(std::string_view head, std::size_t colon) const;
  void check(std::string_view name, std::string_view thing) const;
};

Uri UriReader::read(std::string_view text) const {
  if (text.empty()) source.refuse(fmt::format("it is empty; {}", all_forms));
  if (transport_length(text) != 0)
    source.refuse("it is an endpoint and names no object; expected OBJECT@ before it");
  const std::size_t at = endpoint_at(text);
  const std::string_view head = text.substr(0, at);
  std::optional<Endpoint> endpoint;
  if (at != std::string_view::npos) endpoint = source.read(text.substr(at + 1));

  const std::size_t colon = head.find(':');
  if (colon == std::string_view::npos) return make_name(head, std::move(endpoint));
  const std::string_view scheme = head.substr(0, colon);
  const std::string_view rest = head.substr(colon + 1);
  if (is_word(scheme, "rminame")) return make_name(rest, std::move(endpoint));
  if (is_word(scheme, "rmimeta")) return make_tags(read_tags(rest), std::move(endpoint));
  if (!is_word(scheme, "rmi")) refuse_scheme(head, colon);
  if (!endpoint)
    source.refuse("no endpoint; expected rmi:OBJECT@tcp://HOST:PORT or rmi:OBJECT@ipc://PATH");
  return make_object(rest, std::move(*endpoint));
}

void UriReader::refuse_scheme(std::string_view head, std::size_t colon) const {
  const std::string_view scheme = head.substr(0, colon);
  if (scheme.find('@') != std::string_view::npos)
    source.refuse("no transport after the '@'; expected NAME@tcp://HOST:PORT or NAME@ipc://PATH");
  source.refuse(
      fmt::format("unknown scheme {}; expected rmi:, rminame: or rmimeta: (a name with "
                  "':' is written rminame:NAME)",
                  quoted(scheme)));
}

std::set<std::string> UriReader::read_tags(std::string_view list) const {
  std::set<std::string> tags;
  const auto total = std::count(list.begin(), list.end(), ',') + 1;
  std::size_t at = 0;
  for (std::ptrdiff_t number = 1; number <= total; ++number) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (end == at)
      source.refuse(fmt::format("tag {} of {} is empty; expected rmimeta:TAG,TAG", number, total));
    tags.emplace(list.substr(at, end - at));
    at = end + 1;
  }
  return tags;
}

void UriReader::check(std::string_view name, std::string_view thing) const {
  if (const auto fault = name_fault(name, thing)) source.refuse(*fault);
  const std::size_t at = endpoint_at(name);
  if (at != std::string_view::npos)
    source.refuse(
        fmt::format("the {} holds {}, which begins an endpoint; expected a name without it", thing,
                    quoted(name.substr(at, transport_length(name.substr(at + 1)) + 4))));
}

Uri UriReader::make_object(std::string_view object, Endpoint endpoint) const {
  check(object, "object name");
  return Uri(Uri::Kind::object, std::string(object), {}, std::move(endpoint));
}

Uri UriReader::make_name(std::string_view name, std::optional<Endpoint> broker) const {
  check(name, "name");
  return Uri(Uri::Kind::name, std::string(name), {}, std::move(broker));
}

Uri UriReader::make_tags(std::set<std::string> tags, std::optional<Endpoint> broker) const {
  if (tags.empty()) source.refuse("there is no tag; expected rmimeta:TAG,TAG");
  for (const auto& tag : tags) {
    check(tag, "tag");
    if (tag.find(',') != std::string::npos)
      source.refuse(fmt::format("the tag {} holds ','; expected a tag without it", quoted(tag)));
  }
  return Uri(Uri::Kind::tags, {}, std::move(tags), std::move(broker));
}

Uri Uri::parse(std::string_view text) {
  return UriReader{{.lead = "bad URI", .input = text}}.read(text);
}

Uri Uri::for_object(std::string_view object, Endpoint endpoint) {
  return UriReader{{.lead = "no URI for", .input = object}}.make_object(object,
                                                                        std::move(endpoint));
}

Uri Uri::for_name(std::string_view name, std::optional<Endpoint> broker) {
  return UriReader{{.lead = "no URI for", .input = name}}.make_name(name, std::move(broker));
}

Uri Uri::for_tags(std::set<std::string> tags, std::optional<Endpoint> broker) {
  const std::string list = fmt::format("{}", fmt::join(tags, ","));
  return UriReader{{.lead = "no URI for", .input = list}}.make_tags(std::move(tags),
                                                                    std::move(broker));
}

std::string Uri::str() const {
  std::string text = kind_ == Kind::object ? "rmi:" + name_
                     : kind_ == Kind::name ? "rminame:" + name_
                                           : fmt::format("rmimeta:{}", fmt::join(tags_, ","));
  if (endpoint_) text += "@" + endpoint_->str();
  return text;
}

std::ostream& operator<<(std::ostream& out, const Uri& uri) {
  return out << uri.str();
}

}  // namespace rmi

std::size_t std::hash<rmi::Uri>::operator()(const rmi::Uri& uri) const noexcept {
  std::size_t mix = std::hash<std::string>()(uri.name()) * 31U + static_cast<unsigned>(uri.kind());
  for (const auto& tag : uri.tags())
    mix = mix * 31U + std::hash<std::string>()(tag);
  return uri.endpoint() ? mix * 31U + std::hash<rmi::Endpoint>()(*uri.endpoint()) : mix;
}
