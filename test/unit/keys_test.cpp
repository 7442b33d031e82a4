// Files of keys, and what a bus makes of its options.
#include "bus/keys.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "bus/handshake_fault.hpp"

using namespace rmi;
using Catch::Matchers::Contains;

namespace {

// Of the reference of libzmq (zmq_curve_keypair).
const std::string public_key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
const std::string secret_key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
const std::string file_text = "public = " + public_key + "\nsecret = " + secret_key + "\n";

struct Folder {
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "rmi-keys-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path / name; }
  std::filesystem::path path;
};

/// What the text of a file of that content is refused with. Never shows a secret.
std::string fault_of(const std::string& text) {
  try {
    parse_keys(text, "f");
  } catch (const std::invalid_argument& error) {
    const std::string what = error.what();
    CHECK(what.find(secret_key.substr(0, 20)) == std::string::npos);
    return what;
  }
  return "none";
}

std::string fault_of_file(const std::string& file) {
  try {
    read_keys(file);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

struct Variable {
  Variable(const char* variable, const std::string& value) : name(variable) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  const char* name;
};

}  // namespace

TEST_CASE("a file of keys is two lines, in any order, with comments") {
  for (const auto& text :
       {file_text, "# mine\n\n secret=" + secret_key + " \r\n\t# x\npublic  =  " + public_key}) {
    const auto keys = parse_keys(text, "f");
    CHECK(keys.public_key == public_key);
    CHECK(keys.secret_key == secret_key);
  }
}

TEST_CASE("what is no file of keys is refused with file, line and what was expected") {
  CHECK(fault_of("") == "'f' is no file of keys: it has no line `public = KEY`");
  CHECK(fault_of("public = " + public_key) ==
        "'f' is no file of keys: it has no line `secret = KEY`");
  CHECK(fault_of("\nnonsense\n") ==
        "'f' is no file of keys: in line 2, expected `public = KEY` or `secret = KEY`");
  CHECK_THAT(fault_of(file_text + "other = x"), Contains("in line 3, expected `public = KEY`"));
  CHECK_THAT(fault_of(file_text + "secret = " + secret_key), Contains("one `secret` key only"));
  CHECK_THAT(fault_of("public = " + public_key.substr(1)),
             Contains("in line 1, expected a public key of 40 characters"));
  CHECK_THAT(fault_of("secret = " + secret_key + "0"), Contains("a secret key of 40 characters"));
  CHECK_THAT(fault_of("secret = \"" + secret_key.substr(1)), Contains("a secret key of 40"));
}

TEST_CASE("two keys that do not belong together are refused") {
  CHECK(fault_of("public = " + new_keys().public_key + "\nsecret = " + secret_key) ==
        "the keys in 'f' do not belong together; make new ones");
}

TEST_CASE("new keys are another pair each time, and come back from their file") {
  const Folder folder;
  const auto keys = new_keys();
  CHECK(is_key(keys.public_key));
  CHECK(new_keys().public_key != keys.public_key);
  write_keys(folder.file("k"), keys);
  const auto read = read_keys(folder.file("k"));
  CHECK(read.public_key == keys.public_key);
  CHECK(read.secret_key == keys.secret_key);
}

TEST_CASE("a file of keys is its owner's alone, and never overwritten") {
  const Folder folder;
  const auto file = folder.file("k");
  const auto former = ::umask(0);
  write_keys(file, new_keys());
  ::umask(former);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  const auto kept = read_keys(file).public_key;
  CHECK_THROWS_WITH(write_keys(file, new_keys()),
                    Contains("cannot make '" + file + "': it is there already"));
  CHECK(read_keys(file).public_key == kept);
  CHECK_THROWS_AS(write_keys(folder.file("no/such"), new_keys()), std::runtime_error);
}

TEST_CASE("a file of keys that others can read is refused") {
  const Folder folder;
  const auto file = folder.file("k");
  write_keys(file, new_keys());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    CHECK_THAT(fault_of_file(file), Contains("the keys in '" + file + "' are open to others") &&
                                        Contains("`chmod 600 " + file + "`"));
  }
  CHECK_THAT(fault_of_file(file), Contains("(mode 0601)"));
  REQUIRE(::chmod(file.c_str(), 0400) == 0);
  CHECK(fault_of_file(file) == "none");
}

TEST_CASE("what cannot be read is told") {
  const Folder folder;
  CHECK_THAT(fault_of_file(folder.file("k")), Contains("No such file") && Contains("rmi-keys new"));
  CHECK_THAT(fault_of_file(folder.path), Contains("it is no file"));
}

TEST_CASE("a key is 40 characters of Z85") {
  CHECK(is_key(public_key));
  CHECK_FALSE(is_key(public_key.substr(1)));
  CHECK_FALSE(is_key(public_key + "0"));
  CHECK_FALSE(is_key("\"" + public_key.substr(1)));
  CHECK_FALSE(is_key(std::string(40, '#')));  // more than 32 bytes can say
  CHECK_FALSE(is_key(std::string(40, '\0')));
  CHECK_FALSE(is_key(""));
}

TEST_CASE("a bus has both keys or none, from its options or the environment") {
  const Folder folder;
  const auto file = folder.file("k");
  const auto keys = new_keys();
  write_keys(file, keys);
  CHECK(link_keys("", "") == nullptr);
  const auto both = link_keys(file, public_key);
  REQUIRE(both);
  CHECK(both->own.public_key == keys.public_key);
  CHECK(both->broker == public_key);
  CHECK_THROWS_WITH(link_keys(file, ""), Contains("the public key of the broker is missing"));
  CHECK_THROWS_WITH(link_keys("", public_key), Contains("the file with the keys of this program"));
  CHECK_THROWS_WITH(link_keys(file, "x"), Contains("is no key: expected the 40 characters"));
  CHECK_THROWS_AS(link_keys(folder.file("none"), public_key), std::invalid_argument);
  const Variable named("RMI_KEY_FILE", file);
  CHECK_THROWS_WITH(link_keys("", ""), Contains("the public key of the broker is missing"));
  const Variable broker("RMI_BROKER_KEY", secret_key);
  CHECK(link_keys("", "")->broker == secret_key);
  CHECK(link_keys(file, public_key)->broker == public_key);
  CHECK_THROWS_WITH(link_keys("", public_key), Contains("the file with the keys of this program"));
}

TEST_CASE("a handshake that failed says what to do") {
  const LinkKeys keys{{public_key, secret_key}, "BROKER"};
  const auto text = [&](LinkEvent event, bool with_keys) {
    const auto fault = handshake_fault(event, with_keys ? &keys : nullptr, false);
    CHECK(fault.text.find(secret_key) == std::string::npos);
    return fault.text;
  };
  CHECK_THAT(text(LinkEvent::key_refused, true), Contains("key " + public_key + ": add it"));
  CHECK_THAT(text(LinkEvent::other_mechanism, true), Contains("has no keys"));
  CHECK_THAT(text(LinkEvent::handshake_failed, true),
             Contains("no `rmi-broker` with the key BROKER"));
  CHECK_THAT(text(LinkEvent::other_mechanism, false), Contains("asks for keys"));
  CHECK_THAT(text(LinkEvent::down, false), Contains("does not speak ZeroMQ, or asks for keys"));
  CHECK(handshake_fault(LinkEvent::down, nullptr, true).text ==
        "what listens there does not speak ZeroMQ");
}
