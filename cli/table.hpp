// Rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.hpp"

namespace rmi::cli {

using Row = std::vector<std::string>;

/// Header and rows with two spaces between columns and none at the ends of lines. Cells are made
/// printable; an empty one is "-", so that `awk '{print $3}'` finds the third.
std::string format_table(const Row& header, const std::vector<Row>& rows, const Palette& palette);

/// Lines of a faint key and its value, aligned.
std::string format_fields(const std::vector<std::pair<std::string, std::string>>& fields,
                          const Palette& palette);

}  // namespace rmi::cli
