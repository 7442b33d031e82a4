// How objects are named in text.
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using rmi::Uri;

TEST_CASE("A001 each form of a URI says which object is meant, and where", "[uri]") {
  const Uri direct = Uri::parse("rmi:greeter@tcp://alpha:7000");
  CHECK(direct.kind() == Uri::Kind::object);
  CHECK(direct.name() == "greeter");
  REQUIRE(direct.endpoint());
  CHECK(direct.endpoint()->str() == "tcp://alpha:7000");
  const Uri named = Uri::parse("rminame:greeter");
  CHECK(named.kind() == Uri::Kind::name);
  CHECK_FALSE(named.endpoint());
  CHECK(Uri::parse("rminame:greeter@ipc:///tmp/my broker").endpoint()->str() ==
        "ipc:///tmp/my broker");
  const Uri tagged = Uri::parse("rmimeta:gpu,berlin,gpu");
  CHECK(tagged.kind() == Uri::Kind::tags);
  CHECK(tagged.tags() == std::set<std::string>{"berlin", "gpu"});
  CHECK(Uri::parse("greeter") == named);
}

TEST_CASE("A002 schemes, hosts and ports are brought to one form", "[uri]") {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"server", "rminame:server"},
      {"RMINAME:Server", "rminame:Server"},
      {"RmI:Obj@TCP://HOST:0080", "rmi:Obj@tcp://host:80"},
      {"rmi:Obj@tcp://[2001:DB8:0::1]:9", "rmi:Obj@tcp://[2001:db8::1]:9"},
      {"RMIMETA:b,a,b", "rmimeta:a,b"},
      {"rminame:app:server", "rminame:app:server"},
      {"jobs@alpha", "rminame:jobs@alpha"},
      {"two words", "rminame:two words"},
      {"r\xc3\xa9sum\xc3\xa9", "rminame:r\xc3\xa9sum\xc3\xa9"},
      {"rmi:x@IPC:///tmp/A B", "rmi:x@ipc:///tmp/A B"},
  };
  for (const auto& [text, normal] : forms)
    CHECK(Uri::parse(text).str() == normal);
}

TEST_CASE("A003 what is printed is parsed to the same URI", "[uri]") {
  for (const char* text : {"a", "rmi:a@tcp://h:1", "rmimeta:a,b@ipc://x",
                           "rminame:a:b@tcp://[::1]:9", "rmi:jobs@alpha@ipc:///tmp/a@b"}) {
    const Uri uri = Uri::parse(text);
    CHECK(Uri::parse(uri.str()) == uri);
  }
}

TEST_CASE("A004 forty malformed URIs are refused, each with a text that shows it", "[uri]") {
  const std::vector<std::string> bad{
      "",
      ":",
      "http:x",
      "PYRO:x",
      "rminame :x",
      " rminame:x",
      "app:server",
      "tcp://h:1",
      "http://h/x",
      "rmi://h:1",
      "@tcp://h:1",
      "rminame:",
      "rminame:@tcp://h:1",
      "server@host:7766",
      "rmi:",
      "rmi:server",
      "rmi:server@",
      "rmi:server@host",
      "rmi:server@host:1",
      "rmi:@tcp://h:1",
      "rmi:x@udp://h:1",
      "rmi:x@tcp://",
      "rmi:x@tcp://h",
      "rmi:x@tcp://:1",
      "rmi:x@tcp://h:",
      "rmi:x@tcp://h:0",
      "rmi:x@tcp://h:-1",
      "rmi:x@tcp://h:65536",
      "rmi:x@tcp://h:1x",
      "rmi:x@tcp://h:1:2",
      "rmi:x@tcp://*:1",
      "rmi:x@tcp://::1:1",
      "rmi:x@tcp://[::1:1",
      "rmi:x@tcp://[[::1]]:1",
      "rmi:x@tcp://[::g]:1",
      "rmi:x@tcp://1.2.3.4.5:1",
      "rmi:x@tcp://a b:1",
      "rmi:x@ipc://",
      "rmimeta:",
      "rmimeta:a,,b",
      "rmimeta:a,",
      "rmimeta:@tcp://h:1",
      "a\tb",
      "\xff",
      std::string(256, 'n'),
      std::string("a\0b", 3),
  };
  CHECK(bad.size() >= 40);
  for (const auto& text : bad) {
    CAPTURE(text);
    CHECK(caught<rmi::UriError>([&] { Uri::parse(text); }).starts_with("bad URI '"));
  }
}

TEST_CASE("A005 URIs compare, hash and copy by value", "[uri]") {
  const Uri uri = Uri::parse("rmimeta:b,a@tcp://h:1");
  const Uri copy = uri;
  CHECK(copy == Uri::parse("RMIMETA:a,b,a@TCP://H:01"));
  CHECK(copy != Uri::parse("rmimeta:a@tcp://h:1"));
  CHECK(copy != Uri::parse("rmimeta:a,b"));
  std::unordered_set<Uri> set{uri, copy, Uri::parse("x")};
  CHECK(set.size() == 2);
}

TEST_CASE("A006 a proxy is made of a name or a URI; one of another broker is refused", "[uri]") {
  Stage stage(each_way());
  for (const std::string& text :
       {std::string("safe"), std::string("rminame:safe"), "safe@" + stage.endpoint(),
        "RMINAME:safe@" + stage.endpoint(), std::string("rmimeta:interface:model::Safe")}) {
    CAPTURE(text);
    CHECK(stage.proxy<model::Safe>(text)->listed() == 1);
  }
  CHECK(has(caught<rmi::UriError>([&] { stage.proxy<model::Safe>("safe@tcp://127.0.0.1:1"); }),
            "tcp://127.0.0.1:1"));
  CHECK(has(caught<rmi::UriError>([&] { stage.proxy<model::Safe>("safe:"); }), "safe:"));
}

TEST_CASE("A007 making a proxy asks nobody, so that it cannot fail for want of a broker", "[uri]") {
  rmi::Bus bus([] {
    auto options = quiet_bus("tcp://127.0.0.1:9");
    options.wait_for_broker = false;
    return options;
  }());
  const rmi::Proxy<model::Safe> proxy(bus, "safe");
  CHECK(proxy.name() == "safe");
  const rmi::Proxy<model::Safe> same(bus, "rminame:safe");
  CHECK(proxy == same);
  try {
    proxy->listed();
    FAIL("an exception was expected");
  } catch (const rmi::NotConnected& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "tcp://127.0.0.1:9"));
  }
}
