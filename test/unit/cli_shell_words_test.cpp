// Lines of a batch are split as a shell would.
#include "cli/shell_words.hpp"

#include <catch2/catch.hpp>

#include "cli/failure.hpp"

using rmi::cli::split_words;
using Words = std::vector<std::string>;

TEST_CASE("blanks separate words, however many there are") {
  CHECK(split_words("") == Words{});
  CHECK(split_words(" \t ") == Words{});
  CHECK(split_words("add 1 2") == Words{"add", "1", "2"});
  CHECK(split_words("  add\t1  2 \r") == Words{"add", "1", "2"});
}

TEST_CASE("quotes keep blanks, and empty quotes are a word") {
  CHECK(split_words("echo 'a  b'") == Words{"echo", "a  b"});
  CHECK(split_words("echo \"a  b\"") == Words{"echo", "a  b"});
  CHECK(split_words("echo '' \"\"") == Words{"echo", "", ""});
  CHECK(split_words("name='a b'c") == Words{"name=a bc"});
}

TEST_CASE("JSON needs no escapes in single quotes, and few in double quotes") {
  CHECK(split_words(R"(put '{"name": "it\n"}')") == Words{"put", R"({"name": "it\n"})"});
  CHECK(split_words(R"(put "{\"a\": \"\\n\"}")") == Words{"put", R"({"a": "\n"})"});
  CHECK(split_words(R"(put "\n")") == Words{"put", R"(\n)"});
}

TEST_CASE("a backslash outside quotes takes the next character as it is") {
  CHECK(split_words(R"(a\ b \'c\")") == Words{"a b", "'c\""});
  CHECK(split_words(R"(\\)") == Words{"\\"});
}

TEST_CASE("an open end is refused") {
  for (const char* line : {"echo 'a", "echo \"a", "echo \"a\\", "echo \\"})
    CHECK_THROWS_AS(split_words(line), rmi::cli::UsageError);
}
