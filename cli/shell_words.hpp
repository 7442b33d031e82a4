// A line of text to words, as a shell would split it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rmi::cli {

/// Words are separated by blanks. Within '...' everything stands for itself; within "..." only \"
/// and
/// \\ mean something else, outside a backslash takes the next character as it is.
/// @throws UsageError  a quote is not closed, or nothing follows a backslash.
std::vector<std::string> split_words(std::string_view line);

}  // namespace rmi::cli
