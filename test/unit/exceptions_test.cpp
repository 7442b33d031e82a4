// Exceptions cross the wire as the type they are, with where they came from.
#include "bus/exceptions.hpp"

#include <any>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <rmi/archive.hpp>
#include <stdexcept>
#include <system_error>
#include <typeinfo>
#include <variant>

using namespace rmi;

namespace {

constexpr ThrowSite site{"server", "method", "alpha", "greeter[7]"};

template <class E>
std::exception_ptr thrown(E error) {
  try {
    throw error;
  } catch (...) {
    return std::current_exception();
  }
}

/// Describes, encodes, decodes, throws and catches as E.
template <class E>
void crosses_as_itself(const E& error) {
  INFO(typeid(E).name());
  const Frame frame = make_error({.call_id = 1}, describe_exception(thrown(error), site));
  const auto payload = read_error(std::get<wire::View>(wire::parse(frame.bytes())).payload);
  try {
    throw_error(payload);
  } catch (const E& arrived) {
    CHECK(std::string(arrived.what()) == error.what());
    const auto* info = dynamic_cast<const RemoteInfo*>(&arrived);
    REQUIRE(info != nullptr);
    CHECK(info->text == error.what());
    CHECK(info->object == "server");
    CHECK(info->method == "method");
    CHECK(info->host == "alpha");
    CHECK(info->process == "greeter[7]");
    return;
  } catch (...) {
  }
  FAIL("arrived as another type");
}

struct Custom : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

TEST_CASE("std exceptions arrive as the same type with text and origin") {
  crosses_as_itself(std::logic_error("l"));
  crosses_as_itself(std::domain_error("d"));
  crosses_as_itself(std::invalid_argument("i"));
  crosses_as_itself(std::length_error("le"));
  crosses_as_itself(std::out_of_range("o"));
  crosses_as_itself(std::runtime_error("r"));
  crosses_as_itself(std::range_error("ra"));
  crosses_as_itself(std::overflow_error("ov"));
  crosses_as_itself(std::underflow_error("un"));
  crosses_as_itself(std::exception());
  crosses_as_itself(std::bad_alloc());
  crosses_as_itself(std::bad_array_new_length());
  crosses_as_itself(std::bad_cast());
  crosses_as_itself(std::bad_any_cast());
  crosses_as_itself(std::bad_typeid());
  crosses_as_itself(std::bad_exception());
  crosses_as_itself(std::bad_function_call());
  crosses_as_itself(std::bad_optional_access());
  crosses_as_itself(std::bad_variant_access());
  crosses_as_itself(std::bad_weak_ptr());
  crosses_as_itself(std::system_error(ENOENT, std::generic_category(), "file"));
  crosses_as_itself(std::ios_base::failure("stream"));
  crosses_as_itself(
      std::filesystem::filesystem_error("fs", std::error_code(EACCES, std::system_category())));
  crosses_as_itself(std::future_error(std::future_errc::broken_promise));
}

TEST_CASE("the code of a system_error arrives") {
  const auto payload =
      describe_exception(thrown(std::system_error(EPIPE, std::generic_category(), "x")), site);
  try {
    throw_error(payload);
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::broken_pipe);
  }
}

TEST_CASE("a type that does not exist here arrives as RemoteError with its name") {
  const auto payload = describe_exception(thrown(Custom("mine")), site);
  try {
    throw_error(payload);
  } catch (const RemoteError& error) {
    CHECK(error.type.find("Custom") != std::string::npos);
    CHECK(error.text == "mine");
    CHECK(error.outcome() == Outcome::executed);
  }
  CHECK_THROWS_AS(throw_error(payload), std::runtime_error);
}

TEST_CASE("what is no std::exception is told by its type") {
  const auto payload = describe_exception(thrown(42), site);
  CHECK(payload.type == "int");
  CHECK(payload.text == "an exception that is not a std::exception");
}

TEST_CASE("nested exceptions arrive as a chain, outermost first") {
  std::exception_ptr outer;
  try {
    try {
      throw std::out_of_range("inner");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  } catch (...) {
    outer = std::current_exception();
  }
  const auto payload = describe_exception(outer, site);
  CHECK(payload.type == "std::runtime_error");
  REQUIRE(payload.causes.size() == 1);
  CHECK(payload.causes[0].type == "std::out_of_range");
  CHECK(payload.causes[0].text == "inner");
  try {
    throw_error(payload);
  } catch (const RemoteInfo& info) {
    CHECK(info.causes.at(0).text == "inner");
  }
}

TEST_CASE("errors of the bus arrive as their class with the outcome that was sent") {
  ErrorPayload payload;
  payload.text = "t";
  payload.code = static_cast<std::uint8_t>(ErrorCode::timeout);
  payload.outcome = static_cast<std::uint8_t>(Outcome::not_executed);
  try {
    throw_error(payload);
  } catch (const TimeoutError& error) {
    CHECK(error.outcome() == Outcome::not_executed);
    CHECK(std::string(error.what()) == "t");
  }
  payload.code = 200;
  payload.outcome = 9;
  try {
    throw_error(payload);
  } catch (const ProtocolError& error) {
    CHECK(error.outcome() == Outcome::unknown);
    CHECK(std::string(error.what()) ==
          "the other side answered with the unknown error code 200: t");
  }
}
