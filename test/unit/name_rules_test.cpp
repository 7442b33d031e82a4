// Which names are good, and the exact complaint about each kind of bad one.
#include "bus/name_rules.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using rmi::name_fault;
using rmi::quoted;
using rmi::reserved;
using namespace std::string_literals;

TEST_CASE("names of 1 to 255 bytes of UTF-8 are good") {
  const std::vector<std::string> good{
      "a",
      "server",
      "two words",
      "a.b-c_d/e:f@g,h",
      "\xe4\xbd\xa0\xe5\xa5\xbd",  // two CJK characters
      "\xf0\x9f\x98\x80",          // an emoji
      "\xc2\xa0",                  // U+00A0, first above the C1 controls
      "\x7e",                      // last below DEL
      "\xed\x9f\xbf",              // U+D7FF, last below the surrogates
      "\xee\x80\x80",              // U+E000, first above them
      "\xf4\x8f\xbf\xbf",          // U+10FFFF, the last of all
      std::string(255, 'x'),
  };
  for (const auto& name : good) {
    INFO(name);
    CHECK(name_fault(name) == std::nullopt);
  }
}

TEST_CASE("a bad name is told what is wrong and where") {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"", "the name is empty; expected 1 to 255 bytes of UTF-8"},
      {std::string(256, 'x'),
       "the name '" + std::string(80, 'x') + "...' has 256 bytes; expected 1 to 255"},
      {"a\nb", "the name 'a\\x0ab' has a control character (U+000A) at offset 1; expected none"},
      {"ab\0"s, "the name 'ab\\x00' has a control character (U+0000) at offset 2; expected none"},
      {"\x1f", "the name '\\x1f' has a control character (U+001F) at offset 0; expected none"},
      {"x\x7f", "the name 'x\\x7f' has a control character (U+007F) at offset 1; expected none"},
      {"\xc2\x80",
       "the name '\\xc2\\x80' has a control character (U+0080) at offset 0; expected none"},
      {"\xc2\x9f",
       "the name '\\xc2\\x9f' has a control character (U+009F) at offset 0; expected none"},
      {"\xe4\xbd\xa0\xff",
       "the name '\xe4\xbd\xa0\\xff' is not UTF-8: a byte that begins no character (0xff) at "
       "offset 3"},
      {"a\x80z",
       "the name 'a\\x80z' is not UTF-8: a byte that begins no character (0x80) at offset 1"},
      {"a\xe4\xbd",
       "the name 'a\\xe4\\xbd' is not UTF-8: a character that is cut short (0xe4) at offset 1"},
      {"\xe4\xbdz",
       "the name '\\xe4\\xbdz' is not UTF-8: a character that is cut short (0xe4) at offset 0"},
      {"\xc0\xaf",
       "the name '\\xc0\\xaf' is not UTF-8: a character longer than needed (0xc0) at offset 0"},
      {"\xe0\x80\xaf",
       "the name '\\xe0\\x80\\xaf' is not UTF-8: a character longer than needed (0xe0) at offset "
       "0"},
      {"\xf0\x80\x80\xaf",
       "the name '\\xf0\\x80\\x80\\xaf' is not UTF-8: a character longer than needed (0xf0) at "
       "offset 0"},
      {"\xed\xa0\x80",
       "the name '\\xed\\xa0\\x80' is not UTF-8: half of a surrogate pair (0xed) at offset 0"},
      {"\xed\xbf\xbf",
       "the name '\\xed\\xbf\\xbf' is not UTF-8: half of a surrogate pair (0xed) at offset 0"},
      {"\xf4\x90\x80\x80",
       "the name '\\xf4\\x90\\x80\\x80' is not UTF-8: a character above U+10FFFF (0xf4) at offset "
       "0"},
      {"\xf8\x88\x80\x80\x80",
       "the name '\\xf8\\x88\\x80\\x80\\x80' is not UTF-8: a byte that begins no character (0xf8) "
       "at offset 0"},
  };
  for (const auto& [name, text] : bad)
    CHECK(name_fault(name) == text);
}

TEST_CASE("a complaint uses the word for the thing") {
  CHECK(name_fault("", "tag") == "the tag is empty; expected 1 to 255 bytes of UTF-8");
  CHECK(name_fault("\t", "method name") ==
        "the method name '\\x09' has a control character (U+0009) at offset 0; expected none");
}

TEST_CASE("only names that begin with rmi and a dot are reserved") {
  CHECK(reserved("rmi."));
  CHECK(reserved("rmi.names"));
  CHECK_FALSE(reserved("rmi"));
  CHECK_FALSE(reserved("rmibus"));
  CHECK_FALSE(reserved("RMI.names"));
  CHECK_FALSE(reserved("my.rmi.names"));
  CHECK_FALSE(reserved(""));
}

TEST_CASE("quoting cannot break out of one line") {
  CHECK(quoted("") == "''");
  CHECK(quoted("it's") == "'it\\'s'");
  CHECK(quoted("a\\b") == "'a\\\\b'");
  CHECK(quoted("\x1b[31m") == "'\\x1b[31m'");
  CHECK(quoted(std::string(80, 'x')) == "'" + std::string(80, 'x') + "'");
  CHECK(quoted(std::string(81, 'x')) == "'" + std::string(80, 'x') + "...'");
}

TEST_CASE("quoting never cuts a character in two") {
  CHECK(quoted(std::string(79, 'x') + "\xe4\xbd\xa0") == "'" + std::string(79, 'x') + "...'");
}

TEST_CASE("a private name is a session, or a session and a token") {
  CHECK(rmi::session_name(31) == "@0000001f");
  CHECK(rmi::private_name(31, 0x89abcdef01234567) == "@0000001f/89abcdef01234567");
  CHECK(rmi::session_of_private("@0000001f") == 31U);
  CHECK(rmi::session_of_private("@ffffffff/89abcdef01234567") == 0xffffffffU);
  CHECK(rmi::session_of_private("@00000000") == 0U);
  for (const auto* bad :
       {"", "@", "0000001f", "@000001f", "@0000001F", "@0000001f/", "@0000001f/89abcdef0123456",
        "@0000001f/89abcdef012345678", "@0000001f/89abcdef0123456G", "@0000001f-89abcdef01234567"})
    CHECK_FALSE(rmi::session_of_private(bad));
  CHECK(rmi::is_private("@x"));
  CHECK_FALSE(rmi::is_private("x@"));
}
