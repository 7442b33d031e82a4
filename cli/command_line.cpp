// The only file that includes CLI11.
#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <utility>

#include <rmi/schema.hpp>

#include "cli/failure.hpp"

namespace rmi::cli {
namespace {

constexpr std::size_t column = 26;

/// CLI11's help with our own lines of usage: it does not know the words, because it would split a
/// word such as [1,2] into two (so they are taken from what it calls extras).
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter(std::string program, std::vector<std::string> usages)
      : program_(std::move(program)), usages_(std::move(usages)) {
    column_width(column);
  }

  std::string make_usage(const CLI::App*, std::string) const override {
    std::string text;
    for (const auto& usage : usages_)
      text += (text.empty() ? "\nUsage: " : "       ") + program_ + " " + usage + "\n";
    return text;
  }

 private:
  std::string program_;
  std::vector<std::string> usages_;
};

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && word != "--" &&
         (word[1] < '0' || word[1] > '9') && word[1] != ' ';
}

}  // namespace

struct CommandLine::App {
  About about;
  CLI::App app;
  bool version = false;
};

CommandLine::CommandLine(About about) : app_(std::make_unique<App>()) {
  app_->about = std::move(about);
  CLI::App& app = app_->app;
  app.name(app_->about.program);
  app.description(app_->about.purpose);
  app.footer(app_->about.more);
  app.formatter(std::make_shared<HelpFormatter>(app_->about.program, app_->about.usages));
  app.allow_extras();
  app.set_help_flag("-h,--help", "Prints this text");
  app.add_flag("-V,--version", app_->version, "Prints the version");
}

CommandLine::~CommandLine() = default;

void CommandLine::flag(const std::string& names, bool& value, const std::string& help) {
  app_->app.add_flag(names, value, help);
}

void CommandLine::option(const std::string& names, std::string& value, const std::string& type,
                         const std::string& help) {
  app_->app.add_option(names, value, help)->type_name(type);
}

void CommandLine::options(const std::string& names, std::vector<std::string>& values,
                          const std::string& type, const std::string& help) {
  app_->app.add_option(names, values, help)
      ->type_name(type)
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

CommandLine::Parsed CommandLine::parse(int argc, const char* const* argv) {
  Parsed parsed;
  try {
    app_->app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    parsed.print = app_->app.help();
    return parsed;
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    const auto colon = text.find(':');
    throw UsageError(colon == std::string::npos ? text : text.substr(0, colon) + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  if (app_->version)
    parsed.print = fmt::format("{} {}\n", app_->about.program, RMI_VERSION);
  else
    parsed.words = app_->app.remaining();
  refuse_unknown(parsed.words);
  split(parsed);
  return parsed;
}

/// @throws UsageError  one of the words looks like an option.
void CommandLine::refuse_unknown(const std::vector<std::string>& words) const {
  const auto mark = std::find(words.begin(), words.end(), "--");
  const auto wrong = std::find_if(words.begin(), mark, [&](const std::string& word) {
    return looks_like_option(word) && word != app_->about.separator;
  });
  if (wrong == mark) return;
  const std::string name = wrong->substr(0, wrong->find('='));
  std::vector<std::string> known;
  for (const auto& option : long_options())
    known.push_back(option.name);
  const std::string near = did_you_mean(name, known);
  throw UsageError(fmt::format("unknown option '{}'{}", name,
                               near.empty() ? "; write -- before what is no option" : near));
}

/// Puts what follows separators into groups; after `--` there is none.
void CommandLine::split(Parsed& parsed) const {
  const std::vector<std::string> all = std::exchange(parsed.words, {});
  bool only_words = false;
  for (const std::string& word : all) {
    if (!only_words && word == "--") {
      only_words = true;
    } else if (!only_words && word == app_->about.separator) {
      parsed.groups.emplace_back();
    } else {
      (parsed.groups.empty() ? parsed.words : parsed.groups.back()).push_back(word);
    }
  }
}

std::vector<std::string> CommandLine::parse_unfinished(std::span<const std::string> line) {
  std::vector<std::string> reversed(line.rbegin(), line.rend());
  try {
    app_->app.parse(reversed);
  } catch (const CLI::ParseError&) {  // its words were kept all the same
  }
  auto words = app_->app.remaining();
  if (!app_->about.separator.empty())
    words.erase(std::find(words.begin(), words.end(), app_->about.separator), words.end());
  const auto mark = std::find(words.begin(), words.end(), "--");
  words.erase(std::remove_if(words.begin(), mark, looks_like_option), mark);
  words.erase(std::remove(words.begin(), words.end(), "--"), words.end());
  return words;
}

bool CommandLine::wants_value(const std::string& word) const {
  const CLI::Option* option =
      looks_like_option(word) ? app_->app.get_option_no_throw(word) : nullptr;
  return option != nullptr && option->get_items_expected_max() > 0;
}

bool CommandLine::given(const std::string& name) const {
  return app_->app.count(name) > 0;
}

std::vector<CommandLine::Option> CommandLine::long_options() const {
  std::vector<Option> all;
  for (const CLI::Option* option : app_->app.get_options())
    for (const auto& name : option->get_lnames())
      all.push_back({"--" + name, option->get_description()});
  if (!app_->about.separator.empty())
    all.push_back({app_->about.separator, app_->about.separator_help});
  return all;
}

}  // namespace rmi::cli
