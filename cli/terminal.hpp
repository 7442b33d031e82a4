// What terminals need: colours, the width of text, and no surprises in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rmi::cli {

/// Escape sequences, all empty when colours are off.
struct Palette {
  std::string_view strong;
  std::string_view faint;
  std::string_view reset;
};

bool stdin_is_terminal();
bool stdout_is_terminal();

/// @param when  "auto" (a terminal, and no $NO_COLOR), "always" or "never".
/// @throws UsageError  anything else.
Palette palette(std::string_view when);

/// The text with control characters as \n, \t or \x1b, so that it stays on one line and cannot
/// drive the terminal; bytes that are no UTF-8 become \xff.
std::string printable(std::string_view text);

/// Columns that printable UTF-8 takes: East Asian wide letters and emoji take two, combining marks
/// none.
std::size_t display_width(std::string_view text);

}  // namespace rmi::cli
