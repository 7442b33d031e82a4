// Aligns columns by the width that text has on a terminal.
#include "cli/table.hpp"

#include <algorithm>
#include <utility>

namespace rmi::cli {
namespace {

constexpr std::size_t gap = 2;

struct Cell {
  std::string text;
  std::size_t width = 0;
};

std::vector<Cell> prepare(const Row& row, std::vector<std::size_t>& widths) {
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    Cell cell;
    cell.text = i < row.size() && !row[i].empty() ? printable(row[i]) : "-";
    cell.width = display_width(cell.text);
    widths[i] = std::max(widths[i], cell.width);
    cells.push_back(std::move(cell));
  }
  return cells;
}

void append(std::string& out, const std::vector<Cell>& cells,
            const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += cells[i].text;
    if (i + 1 < cells.size()) out.append(widths[i] - cells[i].width + gap, ' ');
  }
}

}  // namespace

std::string format_table(const Row& header, const std::vector<Row>& rows, const Palette& palette) {
  std::vector<std::size_t> widths(header.size(), 0);
  const std::vector<Cell> top = prepare(header, widths);
  std::vector<std::vector<Cell>> cells;
  cells.reserve(rows.size());
  for (const Row& row : rows)
    cells.push_back(prepare(row, widths));
  std::string out(palette.strong);
  append(out, top, widths);
  out += palette.reset;
  out += '\n';
  for (const auto& row : cells) {
    append(out, row, widths);
    out += '\n';
  }
  return out;
}

std::string format_fields(const std::vector<std::pair<std::string, std::string>>& fields,
                          const Palette& palette) {
  std::size_t width = 0;
  for (const auto& [key, value] : fields)
    width = std::max(width, display_width(key));
  std::string out;
  for (const auto& [key, value] : fields) {
    out += palette.faint;
    out += key;
    out += palette.reset;
    out.append(width - display_width(key) + gap, ' ');
    out += value.empty() ? "-" : printable(value);
    out += '\n';
  }
  return out;
}

}  // namespace rmi::cli
