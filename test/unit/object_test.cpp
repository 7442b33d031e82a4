// The callee's half of a call: which frame comes back for which frame.
#include "bus/object.hpp"

#include <catch2/catch.hpp>
#include <rmi/archive.hpp>
#include <rmi/interface.hpp>
#include <stdexcept>

#include "bus/control.hpp"

namespace lab {
struct Probe {
  int half(int value) {
    if (value % 2 != 0) throw std::domain_error("odd");
    return value / 2;
  }
  std::string repeat(std::uint32_t times) { return std::string(times, '.'); }
  void nested() { throw rmi::TimeoutError("inner"); }
};
RMI_INTERFACE(Probe, (half, rmi::doc("Half of it."), rmi::params("value")), repeat, nested)
}  // namespace lab

using namespace rmi;

namespace {

struct Fixture {
  explicit Fixture(bool speaks_for_bus = false)
      : object("probe", detail::describe(std::make_shared<lab::Probe>()),
               {.host = "alpha",
                .process = "lab[1]",
                .max_reply = 1000,
                .speaks_for_bus = speaks_for_bus,
                .log = [this](const LogLine& line) { log += line.text; }}) {}

  template <class... A>
  wire::View call(std::string_view method, std::uint32_t signature, const A&... arguments) {
    request = wire::build({.signature = signature, .call_id = 7, .registration = 9}, "probe",
                          method, encoded_size(arguments...));
    encode(wire::payload_of(request), arguments...);
    answer = object.dispatch(std::get<wire::View>(wire::parse(request.bytes())));
    const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
    CHECK(view.header.call_id == 7);
    CHECK(view.header.registration == 9);
    return view;
  }
  ErrorPayload error(const wire::View& view) {
    REQUIRE(view.header.kind == wire::Kind::error);
    return read_error(view.payload);
  }

  std::string log;
  ServedObject object;
  Frame request;
  Frame answer;
};

const std::uint32_t half_hash = detail::Signed<&lab::Probe::half>::hash();
const std::uint32_t repeat_hash = detail::Signed<&lab::Probe::repeat>::hash();
const std::uint32_t nested_hash = detail::Signed<&lab::Probe::nested>::hash();

bool is(const ErrorPayload& error, ErrorCode code, Outcome outcome) {
  return error.code == static_cast<std::uint8_t>(code) &&
         error.outcome == static_cast<std::uint8_t>(outcome);
}

}  // namespace

TEST_CASE("a call is answered with the result, under the ids that it came with") {
  Fixture f;
  const auto view = f.call("half", half_hash, 8);
  REQUIRE(view.header.kind == wire::Kind::reply);
  int result = 0;
  decode(view.payload, {}, result);
  CHECK(result == 4);
}

TEST_CASE("another signature is refused before the arguments are looked at") {
  Fixture f;
  const auto error = f.error(f.call("half", half_hash + 1, std::string("junk")));
  CHECK(is(error, ErrorCode::signature_mismatch, Outcome::not_executed));
  CHECK(error.text == "server has half(value: i32) -> i32");
}

TEST_CASE("arguments that do not decode are refused with what was expected") {
  Fixture f;
  const auto error = f.error(f.call("half", half_hash, std::uint8_t{1}));
  CHECK(is(error, ErrorCode::bad_arguments, Outcome::not_executed));
  CHECK(error.text.find("the arguments of probe.half cannot be decoded") == 0);
  CHECK(error.text.find("expected half(value: i32) -> i32") != std::string::npos);
}

TEST_CASE("an unknown method is refused with the nearest ones") {
  Fixture f;
  const auto error = f.error(f.call("halv", 1));
  CHECK(is(error, ErrorCode::method_not_found, Outcome::not_executed));
  CHECK(error.text == "'probe' has no method 'halv'; did you mean 'half'?");
}

TEST_CASE("what a method throws is answered, and logged by the daemon") {
  Fixture f;
  const auto error = f.error(f.call("half", half_hash, 3));
  CHECK(is(error, ErrorCode::remote, Outcome::executed));
  CHECK(error.type == "std::domain_error");
  CHECK(error.process == "lab[1]");
  CHECK(f.log == "probe.half threw std::domain_error: odd");
}

TEST_CASE(
    "an error of the bus that a method throws is its exception, unless it speaks for the bus") {
  Fixture user;
  const auto remote = user.error(user.call("nested", nested_hash));
  CHECK(is(remote, ErrorCode::remote, Outcome::executed));
  CHECK(remote.type == "rmi::TimeoutError");
  Fixture broker(true);
  CHECK(is(broker.error(broker.call("nested", nested_hash)), ErrorCode::timeout, Outcome::unknown));
}

TEST_CASE("a result over the limit is told as such: the method did run") {
  Fixture f;
  const auto error = f.error(f.call("repeat", repeat_hash, std::uint32_t{2000}));
  CHECK(is(error, ErrorCode::message_too_large, Outcome::executed));
  CHECK(error.text.find("probe.repeat ran, but its result is a message of 2048 bytes") == 0);
}

TEST_CASE("every object publishes its schema and answers a ping") {
  Fixture f;
  const auto view = f.call("rmi.schema", 0);
  REQUIRE(view.header.kind == wire::Kind::reply);
  std::string text;
  decode(view.payload, {}, text);
  const auto schema = parse_interface(text);
  CHECK(schema.name == "lab::Probe");
  CHECK(schema.methods.at(0).doc == "Half of it.");
  CHECK(hash(schema) == f.object.interface_hash());
  CHECK(f.call("rmi.ping", 0).header.kind == wire::Kind::reply);
  CHECK(is(f.error(f.call("rmi.other", 0)), ErrorCode::method_not_found, Outcome::not_executed));
}
