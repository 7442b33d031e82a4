// What an object can do, as text and as JSON.
#pragma once

#include <string>
#include <string_view>

#include <rmi/schema.hpp>

#include "cli/terminal.hpp"

namespace rmi::cli {

/// Methods with their signatures and docs, then the structs and enums that they use.
std::string listing_text(const InterfaceSchema& schema, const Palette& palette);

/// {"name", "interface", "doc", "methods": [{"name", "signature", "doc", "parameters": [{"name",
/// "type"}], "result"}], "types": [{"name", "kind", "fields" or "underlying" and "values"}]}
std::string listing_json(const InterfaceSchema& schema, std::string_view object);

}  // namespace rmi::cli
