// What an object can do, as text and as JSON.
#pragma once

#include <string>
#include <string_view>

#include <rmi/schema.hpp>

#include "cli/terminal.hpp"

namespace rmi::cli {

/// Properties and methods with their signatures, traits and docs, then the structs and enums that
/// they use.
std::string listing_text(const InterfaceSchema& schema, const Palette& palette);

/// {"name", "interface", "doc", "extends": [name], "properties": [{"name", "type", "doc",
/// "readonly", "idempotent", "timeout_ms"}], "methods": [{"name", "signature", "doc",
/// "parameters": [{"name", "type"}], "result", "oneway", "idempotent", "timeout_ms"}], "types":
/// [{"name", "kind", "fields" or "underlying" and "values"}]}; a timeout that is not set is null.
std::string listing_json(const InterfaceSchema& schema, std::string_view object);

}  // namespace rmi::cli
