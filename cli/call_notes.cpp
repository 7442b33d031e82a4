// KEY=VALUE to annotations, and annotations to lines.
#include "cli/call_notes.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <ostream>
#include <string_view>
#include <utility>

#include "cli/failure.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

constexpr std::size_t longest_key = 255;

}  // namespace

CallNotes::CallNotes(std::span<const std::string> texts) {
  if (texts.empty()) return;
  Annotations notes;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals > longest_key)
      throw UsageError(
          fmt::format("--annotate: expected KEY=VALUE with a key of 1 to {} bytes, got '{}'",
                      longest_key, text));
    if (text.starts_with("rmi."))
      throw UsageError(fmt::format(
          "--annotate: keys that begin with rmi. are kept for the bus, got '{}'", text));
    const auto value = std::as_bytes(std::span(text).subspan(equals + 1));
    if (!notes.try_emplace(text.substr(0, equals), value.begin(), value.end()).second)
      throw UsageError(fmt::format("--annotate: the key of '{}' is given twice", text));
  }
  sent_ = std::make_shared<const Annotations>(std::move(notes));
}

void CallNotes::attach(detail::CallTarget& target) {
  target.annotations = sent_;
  target.answered = &answered_;
}

void CallNotes::show(std::ostream& out) {
  for (const auto& [key, value] : std::exchange(answered_, {})) {
    const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    out << fmt::format("note {}: {}\n", printable(key), printable(text));
  }
}

}  // namespace rmi::cli
