// The list of keys that a broker lets in, and what libzmq is answered.
#include "ns/authorized_keys.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "ns/zap.hpp"

using namespace rmi::ns;
using Catch::Matchers::Contains;

namespace {

const std::string alice = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
const std::string bob = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
// The former as it comes over the wire.
const std::string alice_bytes =
    "\xBB\x88\x47\x1D\x65\xE2\x65\x9B\x30\xC5\x5A\x53\x21\xCE\xBB\x5A"
    "\xAB\x2B\x70\xA3\x98\x64\x5C\x26\xDC\xA2\xB2\xFC\xB4\x3F\xC5\x18";

std::string fault_of(const std::string& text) {
  try {
    parse_authorized(text, "f");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

std::vector<std::string> good_request() {
  return {"1.0", "7", "rmibus", "127.0.0.1", "", "CURVE", alice_bytes};
}

/// Asked of one who knows Alice alone.
std::vector<std::string> answer_to(const std::vector<std::string>& request) {
  return zap_answer(request,
                    [](std::string_view key, std::string_view) -> std::optional<std::string> {
                      if (key == alice) return "alice";
                      return std::nullopt;
                    });
}

}  // namespace

TEST_CASE("a list has a key and a name a line, and a name may have several keys") {
  CHECK(parse_authorized("", "f").empty());
  CHECK(parse_authorized("# nobody\n\n", "f").empty());
  CHECK(parse_authorized("# who\n" + alice + " alice\r\n  " + bob + "\talice  ", "f") ==
        KeyNames{{alice, "alice"}, {bob, "alice"}});
  const std::string longest(64, 'x');
  CHECK(parse_authorized(alice + " " + longest, "f").at(alice) == longest);
  CHECK(parse_authorized(alice + " a.B_9-", "f").at(alice) == "a.B_9-");
}

TEST_CASE("a list that makes no sense is refused with file, line and what was expected") {
  CHECK_THAT(fault_of("\nnonsense\n"),
             Contains("line 2 of the authorized keys in 'f': expected `PUBLIC-KEY NAME`"));
  CHECK_THAT(fault_of("alice " + alice), Contains("expected `PUBLIC-KEY NAME`"));
  CHECK_THAT(fault_of(alice), Contains("expected a name after the key: 1 to 64 letters"));
  for (const std::string& name : {std::string(65, 'x'), std::string("a b"), std::string("a/b"),
                                  std::string("\xc3\xa4"), std::string("a:b")})
    CHECK_THAT(fault_of(alice + " " + name), Contains("expected a name after the key"));
  CHECK_THAT(fault_of(alice + " alice\n" + alice + " bob"),
             Contains("line 2") && Contains("a key once only"));
}

TEST_CASE("a key that is let in is answered with the name of its holder") {
  CHECK(answer_to(good_request()) ==
        std::vector<std::string>{"1.0", "7", "200", "OK", "alice", ""});
}

TEST_CASE("all else is turned away") {
  const std::vector<std::string> no{"1.0", "7", "400", "not authorized", "", ""};
  const auto with = [](std::size_t at, const std::string& part) {
    auto request = good_request();
    request[at] = part;
    return request;
  };
  auto other_key = alice_bytes;
  other_key[31] = '\0';
  CHECK(answer_to(with(6, other_key)) == no);
  CHECK(answer_to(with(6, alice_bytes.substr(1))) == no);
  CHECK(answer_to(with(6, alice_bytes + "x")) == no);
  CHECK(answer_to(with(6, "")) == no);
  CHECK(answer_to(with(5, "NULL")) == no);
  CHECK(answer_to(with(5, "PLAIN")) == no);
  CHECK(answer_to(with(2, "")) == no);
  CHECK(answer_to(with(2, "other")) == no);
  CHECK(answer_to(with(0, "2.0")) == no);
  auto request = good_request();
  request.emplace_back();
  CHECK(answer_to(request) == no);
  CHECK(answer_to({"1.0", "7"}) == no);
  CHECK(answer_to({}) == std::vector<std::string>{"1.0", "", "400", "not authorized", "", ""});
}
