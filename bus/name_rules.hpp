// What object, method and tag names may look like, and how to complain about one that does not.
#pragma once

#include <cstdint>
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

/// What begins a call to any object with certain tags: "rmimeta:printer,colour".
inline constexpr std::string_view tags_prefix = "rmimeta:";

// Private objects: those of one session, which no name server knows. "@0000001f" is the session
// itself, "@0000001f/89abcdef01234567" an object of it; whoever knows the token may call it.

/// Whether the name can be nothing but a private one: it begins with `@`.
bool is_private(std::string_view name) noexcept;
/// The number of the session that a well-formed private name belongs to; nothing for other text.
std::optional<std::uint32_t> session_of_private(std::string_view name) noexcept;
/// "@0000001f"
std::string session_name(std::uint32_t session);
/// "@0000001f/89abcdef01234567"
std::string private_name(std::uint32_t session, std::uint64_t token);

/// Whether a daemon may serve an object under it: the name is not reserved, private, or about tags.
bool is_plain(std::string_view name) noexcept;

/// Text in single quotes, fit for one line of an error or a log whatever bytes a stranger sent:
/// control characters, broken UTF-8, `\` and `'` are escaped, and what is longer than 80 bytes is
/// cut with "...".
std::string quoted(std::string_view text);

}  // namespace rmi
