// "Did you mean": the candidates that are few typing errors away.
#include <algorithm>
#include <array>
#include <cctype>

#include <rmi/schema.hpp>

namespace rmi {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours
/// (the restricted form of Damerau 1964). Gives up with limit + 1.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return limit + 1;
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows)
    row.resize(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& above2 = rows[(i + 1) % 3];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], above2[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string> candidates) {
  if (wanted.empty() || wanted.size() > 255) return {};
  const std::string query = lower(wanted);
  const std::size_t limit = query.size() < 4 ? 1 : query.size() < 8 ? 2 : 3;
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const auto& candidate : candidates) {
    if (candidate == wanted || candidate.empty()) continue;
    const std::string other = lower(candidate);
    std::size_t steps = distance(query, other, limit);
    // One letter is one error away from any other letter: no hint in that.
    if (steps >= std::max(query.size(), other.size())) steps = limit + 1;
    if (steps > limit && query.size() >= 3 && other.starts_with(query)) steps = limit;
    if (steps <= limit) found.emplace_back(steps, candidate);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> best;
  for (const auto& [steps, candidate] : found)
    if (best.size() < 3 && (best.empty() || best.back() != candidate)) best.push_back(candidate);
  return best;
}

std::string did_you_mean(std::string_view wanted, std::span<const std::string> candidates) {
  const auto best = nearest(wanted, candidates);
  if (best.empty()) return {};
  std::string text = "; did you mean ";
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (i > 0) text += i + 1 == best.size() ? " or " : ", ";
    text += "'" + best[i] + "'";
  }
  return text + "?";
}

}  // namespace rmi
