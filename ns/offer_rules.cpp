// The rules for names, tags and targets that arrive from strangers.
#include "ns/offer_rules.hpp"

#include <fmt/format.h>

#include <rmi/errors.hpp>
#include <rmi/uri.hpp>

#include "bus/name_rules.hpp"

namespace rmi::ns {
namespace {

void check_length(std::string_view text, std::string_view what, const NameOffer& offer,
                  const RegistryLimits& limits, LimitRefusals& refused) {
  if (text.size() <= limits.text_length) return;
  refused.note(LimitId::text_length);
  throw BadArguments(
      fmt::format("the {} of the name {} is {} bytes long; the limit text-length allows {}", what,
                  quoted(offer.name), text.size(), limits.text_length));
}

}  // namespace

void check_name(std::string_view name) {
  if (const auto fault = name_fault(name)) throw BadArguments(*fault);
  if (reserved(name))
    throw BadArguments(fmt::format(
        "the name {} is reserved: names that begin with 'rmi.' belong to the broker; use another",
        quoted(name)));
  if (is_private(name))
    throw BadArguments(fmt::format(
        "the name {} is reserved: names that begin with '@' are references; use another",
        quoted(name)));
  if (name.starts_with(tags_prefix))
    throw BadArguments(fmt::format(
        "the name {} is reserved: 'rmimeta:' asks for any object with certain tags; use another",
        quoted(name)));
}

void check_tags(std::string_view name, const std::set<std::string>& tags,
                const RegistryLimits& limits, LimitRefusals& refused) {
  if (tags.size() > limits.tags_per_name)
    refused.refuse({.limit = LimitId::tags_per_name,
                    .whose = quoted(name),
                    .used = 0,
                    .most = limits.tags_per_name,
                    .wanted = tags.size(),
                    .consequence = "it gets none of them"});
  for (const auto& tag : tags) {
    if (const auto fault = name_fault(tag, "tag")) throw BadArguments(*fault);
    if (tag.find(',') != std::string::npos)
      throw BadArguments(fmt::format(
          "the tag {} holds a comma, which separates tags in rmimeta: URIs; use another character",
          quoted(tag)));
  }
}

void check_offer(const NameOffer& offer, const RegistryLimits& limits, LimitRefusals& refused) {
  check_name(offer.name);
  if (!offer.object_id.empty())
    if (const auto fault = name_fault(offer.object_id, "object id")) throw BadArguments(*fault);
  check_tags(offer.name, offer.tags, limits, refused);
  check_length(offer.interface, "interface", offer, limits, refused);
  check_length(offer.target, "target", offer, limits, refused);
  if (offer.mode > NameMode::shared)
    throw BadArguments(
        fmt::format("the mode of an offer is 0 (safe), 1 (replace) or 2 (shared), not {}",
                    static_cast<int>(offer.mode)));
  if (offer.hold < std::chrono::milliseconds(0) || offer.hold > limits.hold) {
    refused.note(LimitId::hold_time);
    throw BadArguments(
        fmt::format("the name {} is to be held for {} ms; the limit hold-time allows {}",
                    quoted(offer.name), offer.hold.count(), limits.hold.count()));
  }
  if (!offer.target.empty() && offer.mode == NameMode::shared)
    throw BadArguments(fmt::format(
        "the name {} stands for the URI {}, which cannot be shared; use safe or replace",
        quoted(offer.name), quoted(offer.target)));
  if (offer.durable && offer.mode == NameMode::shared)
    throw BadArguments(fmt::format(
        "the name {} cannot be both durable and shared: a name that is kept has one owner",
        quoted(offer.name)));
}

const std::string& object_id_of(const NameOffer& offer) {
  return offer.object_id.empty() ? offer.name : offer.object_id;
}

std::string alias_of(const std::string& target) {
  try {
    const auto uri = Uri::parse(target);
    if (uri.kind() == Uri::Kind::tags)
      throw BadArguments(fmt::format(
          "a name cannot stand for {}: it means whatever has these tags; use rmi: or rminame:",
          quoted(target)));
    return uri.kind() == Uri::Kind::name && !uri.endpoint() ? uri.name() : std::string();
  } catch (const UriError& error) {
    throw BadArguments(error.what());
  }
}

}  // namespace rmi::ns
