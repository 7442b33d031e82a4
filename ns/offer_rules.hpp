// What makes an offer to the name server acceptable, before anything is looked up.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include <rmi/names.hpp>

#include "ns/limits.hpp"
#include "ns/over_limit.hpp"

namespace rmi::ns {

/// @throws BadArguments  a text breaks the rules; Overloaded  it has too many tags.
void check_offer(const NameOffer& offer, const RegistryLimits& limits, LimitRefusals& refused);

/// The daemon's key of the object; never empty.
const std::string& object_id_of(const NameOffer& offer);

/// @throws BadArguments, Overloaded. @param name  whose tags they are, for the text.
void check_tags(std::string_view name, const std::set<std::string>& tags,
                const RegistryLimits& limits, LimitRefusals& refused);

/// @throws BadArguments  it is malformed, or reserved for the broker.
void check_name(std::string_view name);

/// The name of this broker that a target means ("rminame:other"), or "" when the target is the URI
/// of an object that this broker cannot route to. @throws BadArguments  it is no such URI.
std::string alias_of(const std::string& target);

}  // namespace rmi::ns
