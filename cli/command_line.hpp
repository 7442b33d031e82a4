// Options and words of a command line, its --help, and what the shell can complete.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rmi::cli {

/// The options of one program, over CLI11. Options may stand anywhere; after `--` all is words.
/// A negative number is a word. One thread at a time.
class CommandLine {
 public:
  struct About {
    std::string program;
    std::string purpose;              ///< one sentence
    std::vector<std::string> usages;  ///< without the program's name
    std::string more;                 ///< what follows the options in --help
    /// A word like an option that begins another group of words, such as "--then"; may be empty.
    std::string separator{};
    std::string separator_help{};
  };

  explicit CommandLine(About about);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// @param names  like "-j,--json". What the references name must outlive parse().
  void flag(const std::string& names, bool& value, const std::string& help);
  void option(const std::string& names, std::string& value, const std::string& type,
              const std::string& help);
  /// May be given several times.
  void options(const std::string& names, std::vector<std::string>& values, const std::string& type,
               const std::string& help);

  struct Parsed {
    std::vector<std::string> words;
    std::vector<std::vector<std::string>> groups;  ///< what follows each separator
    std::optional<std::string> print;  ///< text of --help or --version, to print instead
  };
  /// @throws UsageError
  Parsed parse(int argc, const char* const* argv);

  /// As parse, for a line that is still being typed: what makes no sense is left out. Of several
  /// groups only the first is given.
  std::vector<std::string> parse_unfinished(std::span<const std::string> line);
  /// Whether the word is an option that the next word belongs to.
  bool wants_value(const std::string& word) const;
  /// Whether the option was on the parsed line.
  bool given(const std::string& name) const;

  struct Option {
    std::string name;  ///< "--json"
    std::string help;
  };
  std::vector<Option> long_options() const;

 private:
  void refuse_unknown(const std::vector<std::string>& words) const;
  void split(Parsed& parsed) const;

  struct App;
  std::unique_ptr<App> app_;
};

}  // namespace rmi::cli
