// URIs: what each form means, how it prints, and the exact complaint about each malformed one.
#include <rmi/uri.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

using rmi::Endpoint;
using rmi::Uri;

namespace {
template <class Fn>
std::string complaint(Fn&& fn) {
  try {
    fn();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "(no complaint)";
}
}  // namespace

TEST_CASE("an rmi: URI names an object and the endpoint of its daemon") {
  const Uri uri = Uri::parse("rmi:greeter@tcp://alpha:7000");
  CHECK(uri.kind() == Uri::Kind::object);
  CHECK(uri.name() == "greeter");
  CHECK(uri.tags().empty());
  CHECK(uri.endpoint() == Endpoint::parse("tcp://alpha:7000"));
  CHECK(uri == Uri::for_object("greeter", Endpoint::parse("tcp://alpha:7000")));
}

TEST_CASE("an rminame: URI names an object at a broker, or at the default one") {
  const Uri here = Uri::parse("rminame:greeter");
  CHECK(here.kind() == Uri::Kind::name);
  CHECK(here.name() == "greeter");
  CHECK(here.endpoint() == std::nullopt);
  const Uri there = Uri::parse("rminame:greeter@tcp://[::1]:7766");
  CHECK(there.endpoint()->address() == "::1");
  CHECK(there == Uri::for_name("greeter", Endpoint::parse("tcp://[::1]:7766")));
}

TEST_CASE("a bare word is an rminame: URI") {
  CHECK(Uri::parse("server") == Uri::for_name("server"));
  CHECK(Uri::parse("rmi") == Uri::for_name("rmi"));
  CHECK(Uri::parse("server@tcp://h:1") == Uri::parse("rminame:server@tcp://h:1"));
}

TEST_CASE("an rmimeta: URI is a set of tags") {
  const Uri uri = Uri::parse("rmimeta:gpu,berlin,gpu@ipc:///tmp/b");
  CHECK(uri.kind() == Uri::Kind::tags);
  CHECK(uri.name().empty());
  CHECK(uri.tags() == std::set<std::string>{"berlin", "gpu"});
  CHECK(uri.str() == "rmimeta:berlin,gpu@ipc:///tmp/b");
  CHECK(uri == Uri::for_tags({"gpu", "berlin"}, Endpoint::parse("ipc:///tmp/b")));
}

TEST_CASE("the first '@' that a transport follows begins the endpoint") {
  const Uri mail = Uri::parse("rminame:jobs@alpha");
  CHECK(mail.name() == "jobs@alpha");
  CHECK(mail.endpoint() == std::nullopt);
  const Uri both = Uri::parse("rmi:jobs@alpha@ipc:///tmp/a b@tcp://c");
  CHECK(both.name() == "jobs@alpha");
  CHECK(both.endpoint()->address() == "/tmp/a b@tcp://c");
  const Uri abstract = Uri::parse("rmi:x@@ipc://@y");
  CHECK(abstract.name() == "x@");
  CHECK(abstract.endpoint()->address() == "@y");
}

TEST_CASE("printing a URI gives its normal form, and parsing that gives the URI back") {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"server", "rminame:server"},
      {"two words", "rminame:two words"},
      {"jobs@alpha", "rminame:jobs@alpha"},
      {"RMINAME:Server", "rminame:Server"},
      {"rminame:app:server", "rminame:app:server"},
      {"rminame:rmi.names", "rminame:rmi.names"},
      {"rminame:\xe4\xbd\xa0\xe5\xa5\xbd@TCP://HOST:0080",
       "rminame:\xe4\xbd\xa0\xe5\xa5\xbd@tcp://host:80"},
      {"Rmi:Obj@tcp://[2001:DB8:0::1]:9", "rmi:Obj@tcp://[2001:db8::1]:9"},
      {"rmi:a,b@IPC:///tmp/My Dir/s", "rmi:a,b@ipc:///tmp/My Dir/s"},
      {"rmi:http://x@ipc://y", "rmi:http://x@ipc://y"},
      {"RmiMeta:b,a,b", "rmimeta:a,b"},
      {"rmimeta:k=v, k2=v2@tcp://h:1", "rmimeta: k2=v2,k=v@tcp://h:1"},
  };
  for (const auto& [text, printed] : forms) {
    const Uri uri = Uri::parse(text);
    CHECK(uri.str() == printed);
    CHECK(Uri::parse(printed) == uri);
    std::ostringstream out;
    out << uri;
    CHECK(out.str() == printed);
  }
}

TEST_CASE("URIs compare and hash by value") {
  const std::vector<Uri> different{
      Uri::parse("a"),
      Uri::parse("b"),
      Uri::parse("a@tcp://h:1"),
      Uri::parse("a@tcp://h:2"),
      Uri::parse("rmi:a@tcp://h:1"),
      Uri::parse("rmimeta:a"),
      Uri::parse("rmimeta:a,b"),
  };
  CHECK(std::set<Uri>(different.begin(), different.end()).size() == different.size());
  std::unordered_set<Uri> hashed(different.begin(), different.end());
  CHECK(hashed.size() == different.size());
  CHECK(hashed.contains(Uri::parse("RMINAME:a@TCP://H:01")));
}

TEST_CASE("a malformed URI is told what is wrong and what was expected") {
  const std::string forms = "expected NAME, rminame:NAME, rmi:OBJECT@ENDPOINT or rmimeta:TAG,TAG";
  const std::string schemes =
      "expected rmi:, rminame: or rmimeta: (a name with ':' is written rminame:NAME)";
  const std::string object_forms =
      "no endpoint; expected rmi:OBJECT@tcp://HOST:PORT or rmi:OBJECT@ipc://PATH";
  const std::string no_transport =
      "no transport after the '@'; expected NAME@tcp://HOST:PORT or NAME@ipc://PATH";
  const std::vector<std::pair<std::string, std::string>> bad{
      {"", "it is empty; " + forms},
      {":", "unknown scheme ''; " + schemes},
      {"http:x", "unknown scheme 'http'; " + schemes},
      {"rminame :x", "unknown scheme 'rminame '; " + schemes},
      {"app:server", "unknown scheme 'app'; " + schemes},
      {"tcp://h:1", "it is an endpoint and names no object; expected OBJECT@ before it"},
      {"http://h/x", "it is an endpoint and names no object; expected OBJECT@ before it"},
      {"rmi://h:1", "it is an endpoint and names no object; expected OBJECT@ before it"},
      {"@tcp://h:1", "the name is empty; expected 1 to 255 bytes of UTF-8"},
      {"rminame:", "the name is empty; expected 1 to 255 bytes of UTF-8"},
      {"rminame:@tcp://h:1", "the name is empty; expected 1 to 255 bytes of UTF-8"},
      {"server@host:7766", no_transport},
      {"rmi:", object_forms},
      {"rmi:server", object_forms},
      {"rmi:server@", object_forms},
      {"rmi:server@host:1", object_forms},
      {"rmi:@tcp://h:1", "the object name is empty; expected 1 to 255 bytes of UTF-8"},
      {"rmi:x@udp://h:1", "unknown transport 'udp'; expected tcp://HOST:PORT or ipc://PATH"},
      {"rmi:x@tcp://h", "no port; expected tcp://HOST:PORT"},
      {"rmi:x@tcp://h:0", "the port '0' is out of range; expected 1 to 65535"},
      {"rmi:x@tcp://h:65536", "the port '65536' is out of range; expected 1 to 65535"},
      {"rmi:x@tcp://h:1x", "the port '1x' is not a number; expected 1 to 65535"},
      {"rmi:x@tcp://*:1", "the host '*' is for listening only; expected the host to connect to"},
      {"rmi:x@tcp://::1:1", "an IPv6 address needs brackets; expected tcp://[ADDRESS]:PORT"},
      {"rmi:x@tcp://[::g]:1", "'::g' is not an IPv6 address; expected tcp://[ADDRESS]:PORT"},
      {"rmi:x@tcp://a@tcp://b:1",
       "'a@tcp://b' is not a host name; expected words of letters, digits, '_' and inner '-', "
       "joined by '.'"},
      {"rmi:x@ipc://", "the ipc path is empty; expected ipc://PATH"},
      {"rminame:x@tcp://1.2.3.4.5:1",
       "'1.2.3.4.5' is not an IPv4 address; expected four numbers from 0 to 255"},
      {"rmimeta:", "tag 1 of 1 is empty; expected rmimeta:TAG,TAG"},
      {"rmimeta:a,,b", "tag 2 of 3 is empty; expected rmimeta:TAG,TAG"},
      {"rmimeta:a,", "tag 2 of 2 is empty; expected rmimeta:TAG,TAG"},
      {"rmimeta:@tcp://h:1", "tag 1 of 1 is empty; expected rmimeta:TAG,TAG"},
  };
  for (const auto& [text, what] : bad)
    CHECK(complaint([&input = text] { Uri::parse(input); }) == "bad URI '" + text + "': " + what);
}

TEST_CASE("a malformed name or tag in a URI is shown escaped") {
  CHECK(complaint([] { Uri::parse("a\tb"); }) ==
        "bad URI 'a\\x09b': the name 'a\\x09b' has a control character (U+0009) at offset 1; "
        "expected none");
  CHECK(complaint([] { Uri::parse("rmimeta:ok,\xff"); }) ==
        "bad URI 'rmimeta:ok,\\xff': the tag '\\xff' is not UTF-8: a byte that begins no character "
        "(0xff) at offset 0");
  const std::string cut = std::string(80, 'n') + "...'";
  CHECK(complaint([] { Uri::parse(std::string(256, 'n')); }) ==
        "bad URI '" + cut + ": the name '" + cut + " has 256 bytes; expected 1 to 255");
}

TEST_CASE("a name or tag that no URI can hold is refused, not misread later") {
  CHECK(complaint([] { Uri::for_name("a@tcp://b"); }) ==
        "no URI for 'a@tcp://b': the name holds '@tcp://', which begins an endpoint; expected a "
        "name without it");
  CHECK(complaint([] { Uri::for_object("a@x+y://", Endpoint::parse("tcp://h:1")); }) ==
        "no URI for 'a@x+y://': the object name holds '@x+y://', which begins an endpoint; "
        "expected a name without it");
  CHECK(complaint([] {
          Uri::for_tags({"a", "b,c"});
        }) == "no URI for 'a,b,c': the tag 'b,c' holds ','; expected a tag without it");
  CHECK(complaint([] { Uri::for_tags({}); }) ==
        "no URI for '': there is no tag; expected rmimeta:TAG,TAG");
  CHECK(complaint([] { Uri::for_name(""); }) ==
        "no URI for '': the name is empty; expected 1 to 255 bytes of UTF-8");
}
