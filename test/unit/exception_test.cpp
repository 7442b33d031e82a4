// Exception types of one's own cross the wire with their fields.
#include <rmi/exception.hpp>

#include <catch2/catch.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bus/exception_table.hpp"
#include "bus/exceptions.hpp"

namespace bank {

struct NotEnough : std::runtime_error {
  using std::runtime_error::runtime_error;
  double balance = 0;
  std::vector<std::string> wanted;
};
RMI_EXCEPTION(NotEnough, balance, wanted)

struct Closed : std::exception {  // can only be made of nothing
  const char* what() const noexcept override { return "closed"; }
};
RMI_EXCEPTION(Closed);

struct Frozen : NotEnough {
  using NotEnough::NotEnough;
  std::optional<int> until;
};
RMI_EXCEPTION(Frozen, until, balance)

struct Unknown : NotEnough {
  using NotEnough::NotEnough;
};

}  // namespace bank

using namespace rmi;

namespace {

template <class E>
std::exception_ptr thrown(const E& error) {
  try {
    throw error;
  } catch (...) {
    return std::current_exception();
  }
}

ErrorPayload travel(const std::exception_ptr& error) {
  const ThrowSite site{"bank", "withdraw", "alpha", "bank[7]"};
  const Frame frame = make_error({.call_id = 1}, describe_exception(error, site));
  return read_error(std::get<wire::View>(wire::parse(frame.bytes())).payload);
}

bank::NotEnough not_enough() {
  bank::NotEnough error("only 3 are left");
  error.balance = 3.5;
  error.wanted = {"tea", "cake"};
  return error;
}

}  // namespace

TEST_CASE("an exception of one's own arrives as its type, with fields, text and origin") {
  try {
    throw_error(travel(thrown(not_enough())));
  } catch (const bank::NotEnough& error) {
    CHECK(error.balance == 3.5);
    CHECK(error.wanted == std::vector<std::string>{"tea", "cake"});
    CHECK(std::string(error.what()) == "only 3 are left");
    const auto* info = dynamic_cast<const RemoteInfo*>(&error);
    REQUIRE(info != nullptr);
    CHECK(info->type == "bank::NotEnough");
    CHECK(info->process == "bank[7]");
    const bank::NotEnough copy = error;  // without what came with it
    CHECK(std::string(copy.what()) == "only 3 are left");
  }
  CHECK_THROWS_AS(throw_error(travel(thrown(not_enough()))), bank::NotEnough);
  CHECK_THROWS_AS(throw_error(travel(thrown(not_enough()))), std::runtime_error);
  CHECK_THROWS_AS(throw_error(travel(thrown(not_enough()))), RemoteInfo);
}

TEST_CASE("a type without fields and without text is fine") {
  CHECK_THROWS_AS(throw_error(travel(thrown(bank::Closed()))), bank::Closed);
  CHECK_THROWS_WITH(throw_error(travel(thrown(bank::Closed()))), "closed");
}

TEST_CASE("a derived type has its own fields, and may name those of its base") {
  bank::Frozen frozen("frozen");
  frozen.until = 7;
  frozen.balance = 2;
  frozen.wanted = {"not listed"};
  try {
    throw_error(travel(thrown(frozen)));
  } catch (const bank::Frozen& error) {
    CHECK(error.until == 7);
    CHECK(error.balance == 2);
    CHECK(error.wanted.empty());
  }
  CHECK_THROWS_AS(throw_error(travel(thrown(frozen))), bank::NotEnough);
}

TEST_CASE("a type that is not registered arrives as RemoteError, also when its base is") {
  CHECK(travel(thrown(bank::Unknown("x"))).data.empty());
  try {
    throw_error(travel(thrown(bank::Unknown("x"))));
  } catch (const RemoteError& error) {
    CHECK(error.type == "bank::Unknown");
    CHECK(error.text == "x");
  }
}

TEST_CASE("a type that the caller does not know arrives as RemoteError") {
  ErrorPayload payload = travel(thrown(not_enough()));
  payload.type = "bank::Elsewhere";
  CHECK_THROWS_WITH(throw_error(payload), "bank::Elsewhere: only 3 are left");
}

TEST_CASE("fields that cannot be decoded are said in the text of a RemoteError") {
  ErrorPayload payload = travel(thrown(not_enough()));
  payload.data.pop_back();
  CHECK_THROWS_AS(throw_error(payload), RemoteError);
  CHECK_THROWS_WITH(throw_error(payload), Catch::Contains("bank::NotEnough: only 3 are left (") &&
                                              Catch::Contains("fields cannot be decoded") &&
                                              Catch::Contains("3 bytes are left"));
  payload.data.resize(100);
  CHECK_THROWS_AS(throw_error(payload), RemoteError);
  payload = travel(thrown(bank::Closed()));
  payload.data.resize(1);
  CHECK_THROWS_AS(throw_error(payload), RemoteError);
}

TEST_CASE("nested exceptions keep type, fields and causes") {
  std::exception_ptr outer;
  try {
    try {
      throw std::out_of_range("inner");
    } catch (...) {
      std::throw_with_nested(not_enough());
    }
  } catch (...) {
    outer = std::current_exception();
  }
  try {
    throw_error(travel(outer));
  } catch (const bank::NotEnough& error) {
    CHECK(error.balance == 3.5);
    CHECK(dynamic_cast<const RemoteInfo&>(error).causes.at(0).text == "inner");
  }
  CHECK_THROWS_AS(throw_error(travel(outer)), bank::NotEnough);
}

TEST_CASE("what arrived can be thrown on to the next caller") {
  std::exception_ptr arrived;
  try {
    throw_error(travel(thrown(not_enough())));
  } catch (...) {
    arrived = std::current_exception();
  }
  try {
    throw_error(travel(arrived));
  } catch (const bank::NotEnough& error) {
    CHECK(error.balance == 3.5);
    CHECK(dynamic_cast<const RemoteInfo&>(error).type == "bank::NotEnough");
  }
  CHECK_THROWS_AS(throw_error(travel(arrived)), bank::NotEnough);
}

TEST_CASE("a type may be registered by several libraries that come and go") {
  const auto type = detail::exception_type<bank::Unknown>();
  CHECK_FALSE(find_exception("bank::Unknown"));
  std::optional<detail::ExceptionRegistration> first(std::in_place, type);
  {
    const detail::ExceptionRegistration second(type);
    CHECK_THROWS_AS(throw_error(travel(thrown(bank::Unknown("x")))), bank::Unknown);
  }
  CHECK(find_exception("bank::Unknown"));
  first.reset();
  CHECK_FALSE(find_exception("bank::Unknown"));
}

TEST_CASE("types are found while others are registered") {
  const auto type = detail::exception_type<bank::Unknown>();
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i)
      const detail::ExceptionRegistration registration(type);
  });
  int found = 0;
  for (int i = 0; i < 1000; ++i)
    found += find_exception("bank::NotEnough") ? 1 : 0;
  other.join();
  CHECK(found == 1000);
}
