// Frames kept on disk, one file each: version 1 must write and read exactly these bytes for ever.
//
// A new kind gets a new row; an existing file never changes. To write the files of new rows run
// this program once with RMI_WRITE_GOLDEN=1: files that exist are left alone.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "bus/bundle.hpp"
#include "bus/control.hpp"
#include "bus/wire.hpp"
#include "wire_goldens.hpp"

using namespace rmi;

namespace {

std::filesystem::path folder() {
  const char* data = std::getenv("RMI_TEST_DATA");
  REQUIRE(data != nullptr);
  return std::filesystem::path(data) / "wire" / "v1";
}

std::span<const std::byte> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Frame build(const Golden& golden) {
  Frame frame = wire::build(golden.header, golden.object, golden.method, golden.payload.size(),
                            as_bytes(golden.annotations));
  if (!golden.payload.empty())
    std::memcpy(wire::payload_of(frame).data(), golden.payload.data(), golden.payload.size());
  return frame;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The bytes of the hex dumps in docs/protocol.md: lines of an offset, two spaces, and bytes up to
/// three spaces. A dump begins at offset 00.
std::vector<std::string> documented_dumps() {
  std::ifstream in(folder().parent_path() / "../../../docs/protocol.md");
  REQUIRE(in);
  std::vector<std::string> dumps;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of("0123456789abcdef") != 2 || line.compare(2, 2, "  ") != 0) continue;
    if (line.starts_with("00")) dumps.emplace_back();
    REQUIRE_FALSE(dumps.empty());
    std::istringstream bytes(line.substr(4, line.find("   ", 4) - 4));
    for (int byte = 0; bytes >> std::hex >> byte;)
      dumps.back() += static_cast<char>(byte);
  }
  return dumps;
}

void write_missing() {
  if (std::getenv("RMI_WRITE_GOLDEN") == nullptr) return;
  std::filesystem::create_directories(folder());
  for (const auto& golden : goldens()) {
    if (std::filesystem::exists(folder() / golden.file)) continue;
    std::ofstream out(folder() / golden.file, std::ios::binary);
    out << text_of(build(golden).bytes());
  }
}

}  // namespace

TEST_CASE("version 1 writes exactly the golden bytes") {
  write_missing();
  for (const auto& golden : goldens()) {
    INFO(golden.file);
    CHECK(text_of(build(golden).bytes()) == read(folder() / golden.file));
  }
}

TEST_CASE("version 1 reads the golden fields") {
  for (const auto& golden : goldens()) {
    INFO(golden.file);
    const std::string bytes = read(folder() / golden.file);
    const auto parsed = wire::parse(as_bytes(bytes));
    REQUIRE(std::holds_alternative<wire::View>(parsed));
    const auto& view = std::get<wire::View>(parsed);
    CHECK(view.header.kind == golden.header.kind);
    CHECK(view.header.flags == golden.header.flags);
    CHECK(view.header.remaining_ms == golden.header.remaining_ms);
    CHECK(view.header.signature == golden.header.signature);
    CHECK(view.header.call_id == golden.header.call_id);
    CHECK(view.header.registration == golden.header.registration);
    CHECK(view.header.session == golden.header.session);
    CHECK(view.object == golden.object);
    CHECK(view.method == golden.method);
    CHECK(text_of(view.annotations) == golden.annotations);
    CHECK(text_of(view.payload) == golden.payload);
  }
}

TEST_CASE("the codecs of control payloads write the golden bytes") {
  Hello hello{.program = "greeter", .host = "alpha", .pid = 4711, .max_message = 64U << 20U};
  for (std::uint8_t i = 0; i < 16; ++i)
    hello.session[i] = static_cast<std::uint8_t>(0xa0 + i);
  Frame greeting = make_hello(hello);
  wire::set_call_id(greeting, 1);
  CHECK(text_of(greeting.bytes()) == read(folder() / "hello.bin"));
  hello.bundles = true;
  greeting = make_hello(hello);
  wire::set_call_id(greeting, 1);
  CHECK(text_of(greeting.bytes()) == read(folder() / "hello_bundles.bin"));

  Welcome welcome{.epoch = 0x1122334455667788,
                  .version = "0.1.0",
                  .lease_ms = 15000,
                  .renew_ms = 5000,
                  .max_message = 64U << 20U,
                  .session = 0x1f};
  CHECK(text_of(make_welcome(1, welcome).bytes()) == read(folder() / "welcome.bin"));
  welcome.bundles = true;
  CHECK(text_of(make_welcome(1, welcome).bytes()) == read(folder() / "welcome_bundles.bin"));
  welcome.bundles = false;
  welcome.lanes = 4;
  CHECK(text_of(make_welcome(1, welcome).bytes()) == read(folder() / "welcome_lanes.bin"));

  const Frame missing = make_error({.call_id = 7}, ErrorCode::name_not_found, Outcome::not_executed,
                                   "no object is served as 'sever'; did you mean 'server'?");
  CHECK(text_of(missing.bytes()) == read(folder() / "error.bin"));
}

TEST_CASE("the codecs of control payloads read the golden bytes") {
  const std::string variant = GENERATE("", "_lanes", "_bundles");
  const std::string welcome_bytes = read(folder() / ("welcome" + variant + ".bin"));
  const Welcome welcome = read_welcome(std::get<wire::View>(wire::parse(as_bytes(welcome_bytes))));
  CHECK(welcome.lanes == (variant == "_lanes" ? 4 : 1));
  CHECK(welcome.bundles == (variant == "_bundles"));
  CHECK(welcome.epoch == 0x1122334455667788);
  CHECK(welcome.version == "0.1.0");
  CHECK(welcome.lease_ms == 15000);
  CHECK(welcome.renew_ms == 5000);
  CHECK(welcome.max_message == 64U << 20U);
  CHECK(welcome.session == 0x1f);

  const bool bundles = variant == "_bundles";
  const std::string hello_bytes = read(folder() / (bundles ? "hello_bundles.bin" : "hello.bin"));
  const Hello hello = read_hello(std::get<wire::View>(wire::parse(as_bytes(hello_bytes))));
  CHECK(hello.bundles == bundles);
  CHECK(hello.session[0] == 0xa0);
  CHECK(hello.session[15] == 0xaf);
  CHECK(hello.program == "greeter");
  CHECK(hello.host == "alpha");
  CHECK(hello.pid == 4711);
  CHECK(hello.max_message == 64U << 20U);

  const std::string error_bytes = read(folder() / "error_remote.bin").substr(wire::header_size);
  const ErrorPayload error = read_error(as_bytes(error_bytes));
  CHECK(error.code == static_cast<std::uint8_t>(ErrorCode::remote));
  CHECK(error.outcome == static_cast<std::uint8_t>(Outcome::executed));
  CHECK(error.text == "open: No such file or directory");
  CHECK(error.type == "std::system_error");
  CHECK(error.object == "server");
  CHECK(error.method == "open");
  CHECK(error.host == "alpha");
  CHECK(error.process == "greeter[4711]");
  CHECK(error.error_value == 2);
  CHECK(error.error_category == "generic");
  REQUIRE(error.causes.size() == 1);
  CHECK(error.causes[0].type == "std::runtime_error");
  CHECK(error.causes[0].text == "no such file");
  CHECK(text_of(error.data) == std::string("\x05\0\0\0", 4));
}

TEST_CASE("the golden bundle is packed and taken apart") {
  const std::string bytes = read(folder() / "bundle.bin");
  Frame whole = Frame::copy_of(as_bytes(bytes));
  const auto payload = std::get<wire::View>(wire::parse(whole.bytes())).payload;
  REQUIRE(frames_in_bundle(payload) != 0);
  Bundle again;
  for_each_in(std::move(whole), payload, [&](Frame part) { again.add(std::move(part)); });
  CHECK(text_of(again.message()->bytes()) == bytes);
}

TEST_CASE("the examples in docs/protocol.md are the golden bytes") {
  const auto dumps = documented_dumps();
  REQUIRE(dumps.size() == 3);
  CHECK(dumps[0] == read(folder() / "call.bin"));
  CHECK(dumps[1] == read(folder() / "call_to_daemon.bin").substr(0, 48));
  CHECK(dumps[2] == read(folder() / "reply.bin"));
}

TEST_CASE("no golden file is left without a test") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    files += entry.is_regular_file() ? 1 : 0;
  CHECK(files == goldens().size());
}
