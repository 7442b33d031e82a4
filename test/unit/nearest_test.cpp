// Which names an unknown one may have been meant to be.
#include <rmi/schema.hpp>

#include <catch2/catch.hpp>

using namespace rmi;

TEST_CASE("the nearest names are those a typing error away, nearest first") {
  const std::vector<std::string> names{"welcome_message", "welcome", "divide", "add",
                                       "Divide2",         "ad",      "sub"};
  const auto near = [&](const char* wanted) { return nearest(wanted, names); };
  CHECK(near("welcom_mesage") == std::vector<std::string>{"welcome_message"});
  CHECK(near("devide") == std::vector<std::string>{"divide", "Divide2"});
  CHECK(near("DIVIDE") == std::vector<std::string>{"divide", "Divide2"});
  CHECK(near("dad") == std::vector<std::string>{"ad", "add"});
  CHECK(near("wel") == std::vector<std::string>{"welcome", "welcome_message"});
  CHECK(near("x").empty());
  CHECK(near("").empty());
  CHECK(near("multiply").empty());
  CHECK(near("bus") == std::vector<std::string>{});
  CHECK(near("sbu") == std::vector<std::string>{"sub"});
  CHECK(nearest(std::string(1000, 'a'), names).empty());
}

TEST_CASE("the question after an unknown name reads as a sentence") {
  const std::vector<std::string> one{"server"}, two{"server", "servers"},
      three{"serve", "server", "servers", "servers2"};
  CHECK(did_you_mean("sever", one) == "; did you mean 'server'?");
  CHECK(did_you_mean("sever", two) == "; did you mean 'server' or 'servers'?");
  CHECK(did_you_mean("sever", three) == "; did you mean 'server', 'serve' or 'servers'?");
  CHECK(did_you_mean("nothing", one) == "");
}
