// What object, method and tag names may look like, and how to complain about one that does not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rmi {

/// What is wrong with a name: it must be 1 to 255 bytes of UTF-8 without control characters
/// (U+0000 to U+001F, U+007F to U+009F). Nothing if it is a good one.
/// @param thing  what the text calls it, e.g. "name", "tag", "method name".
std::optional<std::string> name_fault(std::string_view name, std::string_view thing = "name");

/// Whether the name is kept for the bus itself: it begins with `rmi.`.
bool reserved(std::string_view name) noexcept;

/// Text in single quotes, fit for one line of an error or a log whatever bytes a stranger sent:
/// control characters, broken UTF-8, `\` and `'` are escaped, and what is longer than 80 bytes is
/// cut with "...".
std::string quoted(std::string_view text);

}  // namespace rmi
