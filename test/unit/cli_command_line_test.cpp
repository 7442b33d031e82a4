// Options may stand anywhere; words arrive as they were typed.
#include "cli/command_line.hpp"

#include <catch2/catch.hpp>

#include "cli/failure.hpp"

using rmi::cli::CommandLine;
using rmi::cli::UsageError;

namespace {

struct Example {
  CommandLine line{{.program = "example",
                    .purpose = "Shows options.",
                    .usages = {"[OPTIONS] NAME"},
                    .more = "That is all."}};
  bool json = false;
  std::string timeout;
  std::vector<std::string> tags;

  Example() {
    line.flag("-j,--json", json, "Prints JSON");
    line.option("-t,--timeout", timeout, "TIME", "Longest wait");
    line.options("--tag", tags, "TAG", "A tag");
  }

  CommandLine::Parsed parse(std::vector<const char*> words) {
    words.insert(words.begin(), "example");
    return line.parse(static_cast<int>(words.size()), words.data());
  }

  std::vector<std::string> words(const std::vector<const char*>& typed) {
    return parse(typed).words;
  }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("options may stand before, between and after words") {
  Example example;
  CHECK(example.words({"-j", "a", "--timeout", "2s", "b", "--tag=x", "--tag", "y", "c"}) ==
        Words{"a", "b", "c"});
  CHECK(example.json);
  CHECK(example.timeout == "2s");
  CHECK(example.tags == Words{"x", "y"});
  CHECK(example.line.given("--tag"));
}

TEST_CASE("words that look like lists or negative numbers are left whole") {
  CHECK(Example().words({"[1,2]", "-5", "-", "-1.5e3", "a=[1,2]"}) ==
        Words{"[1,2]", "-5", "-", "-1.5e3", "a=[1,2]"});
  Example example;
  CHECK(example.words({"--tag", "[a,b]", "c"}) == Words{"c"});
  CHECK(example.tags == Words{"[a,b]"});
}

TEST_CASE("after two dashes all is words") {
  CHECK(Example().words({"a", "--", "--json", "--", "-x"}) == Words{"a", "--json", "--", "-x"});
}

TEST_CASE("an unknown option offers the nearest") {
  CHECK_THROWS_WITH(Example().words({"a", "--timeot=2s"}),
                    "unknown option '--timeot'; did you mean '--timeout'?");
  CHECK_THROWS_WITH(Example().words({"a", "-x"}),
                    "unknown option '-x'; write -- before what is no option");
  CHECK_THROWS_AS(Example().words({"--xyzzyxyzzy"}), UsageError);
}

TEST_CASE("an option without its value says so") {
  CHECK_THROWS_WITH(Example().words({"a", "--timeout"}), "--timeout needs a value");
}

TEST_CASE("help shows usage, options and the rest; version the version") {
  const auto help = Example().parse({"--help"}).print.value();
  CHECK_THAT(help, Catch::Matchers::Contains("Usage: example [OPTIONS] NAME\n"));
  CHECK_THAT(help, Catch::Matchers::Contains("-t,--timeout TIME"));
  CHECK_THAT(help, Catch::Matchers::Contains("That is all."));
  CHECK_THAT(Example().parse({"-V"}).print.value(), Catch::Matchers::StartsWith("example "));
}

TEST_CASE("an unfinished line gives the words there are") {
  Example example;
  const Words line{"a", "--timeout", "2s", "--unknown", "b"};
  CHECK(example.line.parse_unfinished(line) == Words{"a", "b"});
  CHECK(example.line.wants_value("--timeout"));
  CHECK(example.line.wants_value("-t"));
  CHECK_FALSE(example.line.wants_value("--json"));
  CHECK_FALSE(example.line.wants_value("timeout"));
}

TEST_CASE("words after a separator are groups, and options may stand in all of them") {
  CommandLine line({.program = "example",
                    .purpose = "Shows groups.",
                    .usages = {"NAME"},
                    .more = "",
                    .separator = "--then",
                    .separator_help = "Goes on"});
  bool json = false;
  line.flag("-j,--json", json, "Prints JSON");
  const auto parse = [&](std::vector<const char*> words) {
    words.insert(words.begin(), "example");
    return line.parse(static_cast<int>(words.size()), words.data());
  };

  const auto parsed = parse({"a", "b", "--then", "c", "--json", "-5", "--then", "d"});
  CHECK(parsed.words == Words{"a", "b"});
  CHECK(parsed.groups == std::vector<Words>{{"c", "-5"}, {"d"}});
  CHECK(json);

  CHECK(parse({"a", "--then"}).groups == std::vector<Words>{{}});
  const auto literal = parse({"a", "--then", "b", "--", "--then", "--json"});
  CHECK(literal.groups == std::vector<Words>{{"b", "--then", "--json"}});
  CHECK_THROWS_AS(parse({"a", "--than", "b"}), UsageError);
  CHECK(line.parse_unfinished(Words{"a", "b", "--then", "c"}) == Words{"a", "b"});
}
