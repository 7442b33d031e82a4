// Words of a command line become the arguments that the signature asks for.
#include "cli/arguments.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rmi/errors.hpp>

#include "cli/failure.hpp"

using namespace rmi;

namespace {

TypeTable some_types() {
  return parse_interface(
             "interface Shop {\n  buy(item: Item, color: Color) -> void;\n}\n"
             "struct Item {\n  name: string;\n  price: f64;\n}\n"
             "enum Color : u8 {\n  red = 0;\n  green = 1;\n}\n")
      .types;
}

std::string no_input() {
  FAIL("stdin was read");
  return {};
}

/// What the words become for that signature, as JSON text.
std::string given(const std::string& signature, const std::vector<std::string>& words,
                  const cli::ReadInput& input = no_input) {
  const TypeTable types = some_types();
  return to_text(cli::arguments_from_words(words, parse_signature(signature), types, input));
}

/// The one word that a parameter of that type gets.
std::string typed(const std::string& type, const std::string& word) {
  const TypeTable types = some_types();
  return to_text(cli::value_from_word(word, parse_type(type), types, "argument 1"));
}

template <class E>
std::string text_of_error(const std::string& signature, const std::vector<std::string>& words,
                          const cli::ReadInput& input = no_input) {
  try {
    given(signature, words, input);
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

/// The text of the whole way to the payload.
std::string text_of_mismatch(const std::string& signature, const std::vector<std::string>& words) {
  const TypeTable types = some_types();
  const Signature parsed = parse_signature(signature);
  try {
    encode_arguments(cli::arguments_from_words(words, parsed, types, no_input), parsed, types);
  } catch (const BadArguments& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("where a string is wanted a word is that string, also when it looks like JSON") {
  CHECK(typed("string", "Rashmi") == R"("Rashmi")");
  CHECK(typed("string", "42") == R"("42")");
  CHECK(typed("string", "true") == R"("true")");
  CHECK(typed("string", "null") == R"("null")");
  CHECK(typed("string", "[1, 2]") == R"("[1, 2]")");
  CHECK(typed("string", "") == R"("")");
  CHECK(typed("string", "你好 👋") == R"("你好 👋")");
}

TEST_CASE("a string in quotes is read as JSON") {
  CHECK(typed("string", R"("two\nlines")") == R"("two\nlines")");
  CHECK(typed("string", R"("-")") == R"("-")");
  CHECK(typed("string", R"("")") == R"("")");
}

TEST_CASE("quotes that make no JSON string belong to the text") {
  CHECK(typed("string", R"(")") == R"("\"")");
  CHECK(typed("string", R"("a" and "b")") == R"("\"a\" and \"b\"")");
  CHECK(typed("string", R"("unfinished)") == R"("\"unfinished")");
}

TEST_CASE("numbers and bools are JSON") {
  CHECK(typed("i32", "-5") == "-5");
  CHECK(typed("u64", "18446744073709551615") == "18446744073709551615");
  CHECK(typed("f64", "1.5e3") == "1500.0");
  CHECK(typed("bool", "true") == "true");
}

TEST_CASE("a word that is no JSON goes on as text where the type has a text form") {
  CHECK(typed("f64", "NaN") == R"("NaN")");
  CHECK(typed("f64", "-Infinity") == R"("-Infinity")");
  CHECK(typed("duration<i64, 1/1000>", "1500ms") == R"("1500ms")");
  CHECK(typed("duration<i64, 1/1000>", "1500") == "1500");
  CHECK(typed("variant<i32, string>", "hello") == R"("hello")");
  CHECK(typed("variant<i32, string>", "7") == "7");
}

TEST_CASE("bytes are base64, also when that looks like a number") {
  CHECK(typed("bytes", "1234") == R"("1234")");
  CHECK(typed("bytes", R"("AQID")") == R"("AQID")");
}

TEST_CASE("an enum takes the bare name of an enumerator, or a number") {
  CHECK(typed("Color", "green") == R"("green")");
  CHECK(typed("Color", "1") == "1");
  CHECK(typed("Color", R"("red")") == R"("red")");
}

TEST_CASE("an optional is null, or what it holds") {
  CHECK(typed("optional<string>", "null") == "null");
  CHECK(typed("optional<string>", R"("null")") == R"("null")");
  CHECK(typed("optional<string>", "42") == R"("42")");
  CHECK(typed("optional<i32>", "42") == "42");
  CHECK(typed("optional<optional<i32>>", "[null]") == "[null]");
}

TEST_CASE("an object is its name, also when that looks like JSON, or null") {
  CHECK(typed("ref<Shop>", "shop") == "\"shop\"");
  CHECK(typed("ref<Shop>", "42") == "\"42\"");
  CHECK(typed("stream<i32>", "@0000001f/89abcdef01234567") == "\"@0000001f/89abcdef01234567\"");
  CHECK(typed("callback<() -> void>", "null") == "null");
}

TEST_CASE("structs and containers are JSON") {
  CHECK(typed("Item", R"({"name": "tea", "price": 2.5})") == R"({"name":"tea","price":2.5})");
  CHECK(typed("list<string>", R"(["a", "b"])") == R"(["a","b"])");
}

TEST_CASE("a word that is no JSON where only JSON will do is refused with its place and type") {
  CHECK_THAT(text_of_error<BadArguments>("buy(item: Item, n: i32) -> void", {"tea", "1"}),
             Catch::Matchers::StartsWith(
                 R"(argument 1 (item): expected Item as JSON, got "tea": not JSON: )"));
  CHECK_THAT(text_of_error<BadArguments>("sum(list<f64>) -> f64", {"[1, 2"}),
             Catch::Matchers::StartsWith(
                 R"(argument 1: expected list<f64> as JSON, got "[1, 2": not JSON: )"));
}

TEST_CASE("a wrong type is told with argument, what was expected and what came") {
  CHECK(text_of_mismatch("divide(a: f64, b: f64) -> f64", {"1", "abc"}) ==
        R"(argument 2 (b): expected f64, got "abc")");
  CHECK(text_of_mismatch("add(i32, i32) -> i32", {"1", "[]"}) ==
        "argument 2: expected i32, got []");
  CHECK(text_of_mismatch("buy(list<Item>) -> void", {R"([{"name": "tea", "price": "abc"}])"}) ==
        R"(argument 1 ([0].price): expected f64, got "abc")");
}

TEST_CASE("words fill the parameters in order") {
  CHECK(given("f(a: i32, b: string) -> void", {"1", "2"}) == R"([1,"2"])");
  CHECK(given("f() -> void", {}) == "[]");
}

TEST_CASE("name=value is the parameter of that name, and the other words fill the rest") {
  CHECK(given("f(a: i32, b: string) -> void", {"b=2", "a=1"}) == R"([1,"2"])");
  CHECK(given("f(a: i32, b: i32, c: i32) -> void", {"b=2", "1", "3"}) == "[1,2,3]");
  CHECK(given("f(a: string) -> void", {"a=x=y"}) == R"(["x=y"])");
  CHECK(given("f(a: string) -> void", {"a="}) == R"([""])");
}

TEST_CASE("name=value is an ordinary word where no parameter has that name") {
  CHECK(given("f(a: string) -> void", {"b=2"}) == R"(["b=2"])");
  CHECK(given("f(string) -> void", {"=2"}) == R"(["=2"])");
}

TEST_CASE("optional parameters may be left out") {
  CHECK(given("f(a: i32, b: optional<string>) -> void", {"1"}) == "[1,null]");
  CHECK(given("f(a: optional<i32>, b: string) -> void", {"b=x"}) == R"([null,"x"])");
}

TEST_CASE("a wrong number of words is told with the signature") {
  CHECK(text_of_error<BadArguments>("divide(a: f64, b: f64) -> f64", {"1"}) ==
        "divide(a: f64, b: f64) -> f64 takes 2 arguments, got 1");
  CHECK(text_of_error<BadArguments>("stop() -> void", {"now"}) ==
        "stop() -> void takes 0 arguments, got 1");
  CHECK(text_of_error<BadArguments>("f(a: i32) -> void", {"a=1", "2", "3"}) ==
        "f(a: i32) -> void takes 1 argument, got 3");
}

TEST_CASE("a parameter that is missing or given twice is named") {
  CHECK(text_of_error<BadArguments>("divide(a: f64, b: f64) -> f64", {"b=1"}) ==
        "argument 1 (a) of divide(a: f64, b: f64) -> f64 is missing");
  CHECK(text_of_error<BadArguments>("divide(a: f64, b: f64) -> f64", {"a=1", "a=2"}) ==
        "argument 1 (a) of divide(a: f64, b: f64) -> f64 is given twice");
}

TEST_CASE("a dash is what stdin holds, typed like a word") {
  const auto input = [](const std::string& text) { return [text] { return text; }; };
  CHECK(given("f(string) -> void", {"-"}, input("a \"b\"\n")) == R"(["a \"b\"\n"])");
  CHECK(given("f(x: i32, s: string) -> void", {"s=-", "1"}, input("hi")) == R"([1,"hi"])");
  CHECK(given("f(list<i32>) -> void", {"-"}, input(" [1, 2]\n")) == "[[1,2]]");
  CHECK(given("f(Color) -> void", {"-"}, input("red\n")) == R"(["red"])");
  CHECK(given("f(optional<string>) -> void", {"-"}, input("null")) == R"(["null"])");
}

TEST_CASE("bytes from stdin are taken as they are") {
  const std::string raw("\x00\xff\n", 3);
  CHECK(given("f(bytes) -> void", {"-"}, [&] { return raw; }) == R"(["AP8K"])");
}

TEST_CASE("only one argument can come from stdin") {
  CHECK(text_of_error<cli::UsageError>("f(string, string) -> void", {"-", "-"}, [] {
          return std::string("x");
        }) == "only one argument can be -, because stdin can be read once");
}
