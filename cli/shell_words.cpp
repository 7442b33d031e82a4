// A scanner over the characters of one line.
#include "cli/shell_words.hpp"

#include <fmt/format.h>

#include <optional>

#include "cli/failure.hpp"

namespace rmi::cli {
namespace {

constexpr std::string_view blanks = " \t\r";

class Scanner {
 public:
  explicit Scanner(std::string_view line) : rest_(line) {}

  std::optional<std::string> next() {
    const auto begin = rest_.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(begin);
    std::string word;
    while (!rest_.empty() && blanks.find(rest_.front()) == std::string_view::npos)
      take_part(word);
    return word;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void take_part(std::string& word) {
    const char c = take();
    if (c == '\'' || c == '"')
      take_quoted(c, word);
    else if (c == '\\')
      word += escaped();
    else
      word += c;
  }

  void take_quoted(char quote, std::string& word) {
    while (!rest_.empty()) {
      const char c = take();
      if (c == quote) return;
      const bool escape = quote == '"' && c == '\\' && !rest_.empty() &&
                          (rest_.front() == '"' || rest_.front() == '\\');
      word += escape ? take() : c;
    }
    throw UsageError(fmt::format("the quote {} is not closed", quote));
  }

  char escaped() {
    if (rest_.empty()) throw UsageError("nothing follows the backslash at the end");
    return take();
  }

  std::string_view rest_;
};

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  Scanner scanner(line);
  while (auto word = scanner.next())
    words.push_back(std::move(*word));
  return words;
}

}  // namespace rmi::cli
