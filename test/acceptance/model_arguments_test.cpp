// What travels as arguments and results, and arrives as it was.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

TEST_CASE("A056 arguments arrive by position, each as what it was", "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  CHECK(echo->order(1, "b", 2.5, true, {}) == "1|b|2.500000|yes");
  CHECK(echo->order(-1, "", 0, false, {7, 8, 9}) == "-1||0.000000|no|7|8|9");
  CHECK_NOTHROW(echo->nothing());
}

TEST_CASE("A057 arguments arrive by name too, from JSON", "[arguments]") {
  Stage stage;
  const rmi::AnyProxy any(stage.bus, "echo");
  CHECK(any.call_json("order", R"({"rest":[1],"b":"x","a":4,"d":true,"c":0.5})") ==
        R"("4|x|0.500000|yes|1")");
  CHECK(has(caught<rmi::BadArguments>([&] { any.call_json("order", R"({"a":4})"); }), "b"));
  CHECK(
      has(caught<rmi::BadArguments>([&] { any.call_json("order", R"([1,2,3,4,5])"); }), "string"));
}

TEST_CASE("A058 containers of any number of items arrive whole", "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  for (const std::size_t many : {0U, 1U, 2U, 1000U, 100'000U}) {
    std::vector<double> numbers(many);
    for (std::size_t i = 0; i < many; ++i)
      numbers[i] = static_cast<double>(i) / 3;
    CHECK((echo->numbers(numbers) == numbers));
  }
}

TEST_CASE("A059 text in any script, with NUL bytes, and empty, arrives as it was", "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  for (const std::string& text :
       {std::string(),
        std::string("\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80 \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85"),
        std::string("a\0b\0", 4), std::string(1, '\0'), std::string("\r\n\t\\\"'")})
    CHECK(echo->text(text) == text);
  CHECK(echo->length(std::string("\0\0", 2)) == 2);
}

TEST_CASE("A060 numbers arrive exactly: NaN, infinities, minus zero, the least ones",
          "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  using Limits = std::numeric_limits<double>;
  const auto back = echo->numbers({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(),
                                   -0.0, Limits::denorm_min(), Limits::max(), 0.1});
  REQUIRE(back.size() == 7);
  CHECK(std::isnan(back[0]));
  CHECK((std::isinf(back[1]) && back[1] > 0));
  CHECK((std::isinf(back[2]) && back[2] < 0));
  CHECK((back[3] == 0 && std::signbit(back[3])));
  CHECK(back[4] == Limits::denorm_min());
  CHECK(back[5] == Limits::max());
  CHECK(back[6] == 0.1);
}

TEST_CASE("A061 structs, optionals, variants, tuples, maps, sets, enums and times arrive",
          "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  CHECK((echo->everything({}) == Everything{}));
  Everything all;
  all.map = {{"", {}}, {"x", {1, std::nullopt, 3}}};
  all.set = {"b", "a"};
  all.tuple = {1, "two", true};
  all.variant = "text";
  all.nothing = -0.5;
  all.time = -1ms;
  all.colour = Colour::green;
  all.least = std::numeric_limits<std::int64_t>::min();
  all.largest = std::numeric_limits<std::uint64_t>::max();
  all.person = {"Ann", 40, {{"Bob", 10, {}}, {"Cy", 8, {{"Dee", 0, {}}}}}};
  CHECK((echo->everything(all) == all));
}

TEST_CASE("A062 large arguments and results arrive whole", "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  std::string text(20'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 4096)
    text[i] = static_cast<char>('a' + i / 4096 % 26);
  CHECK(echo->length(text) == text.size());
  CHECK((echo->text(text) == text));
  CHECK(echo->fill(20'000'000).size() == 20'000'000);
}

TEST_CASE("A063 a message over the limit is refused before it is sent, and the next call works",
          "[arguments]") {
  Stage stage(each_transport());
  auto options = stage.another_bus();
  options.max_message = 100'000;
  rmi::Bus bus(options);
  const rmi::Proxy<Echo> echo(bus, "echo");
  try {
    echo->length(std::string(200'000, 'x'));
    FAIL("an exception was expected");
  } catch (const rmi::MessageTooLarge& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "100000"));
  }
  CHECK(echo->length(std::string(50'000, 'x')) == 50'000);
}

TEST_CASE("A064 binary data arrives as it was, both ways", "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  std::vector<std::byte> bytes(3'000'000);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 7);
  const rmi::Blob back = echo->bytes(rmi::Blob(std::vector<std::byte>(bytes)));
  CHECK(std::equal(bytes.begin(), bytes.end(), back.bytes().begin(), back.bytes().end()));
  CHECK(echo->bytes({}).size() == 0);
}

TEST_CASE("A065 a result is a copy: changing it changes nothing at the object", "[arguments]") {
  Stage stage(each_way());
  const auto echo = stage.proxy<Echo>("echo");
  auto entries = echo->entries();
  entries["two"] = 2;
  CHECK(echo->entries().size() == 1);
}
