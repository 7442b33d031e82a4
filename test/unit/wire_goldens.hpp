// The golden frames of version 1, built from docs/protocol.md alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bus/wire.hpp"

namespace rmi {

/// Encodes values by the rules of docs/protocol.md, without the archives that the library uses, so
/// that the golden bytes come from the text and not from the code under test.
class Payload {
 public:
  Payload& number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      text_ += static_cast<char>(value >> (8 * i) & 0xffU);
    return *this;
  }
  Payload& u8(std::uint8_t value) { return number(value, 1); }
  Payload& u32(std::uint32_t value) { return number(value, 4); }
  Payload& u64(std::uint64_t value) { return number(value, 8); }
  Payload& string(std::string_view value) {
    number(value.size(), 8);
    text_ += value;
    return *this;
  }
  Payload& text(std::string_view value) {
    text_ += value;
    return *this;
  }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

struct Golden {
  std::string file;
  wire::Header header;
  std::string object;
  std::string method;
  std::string annotations;
  std::string payload;
};

inline std::string hello_payload() {
  Payload payload;
  for (std::uint8_t byte = 0; byte < 16; ++byte)
    payload.u8(static_cast<std::uint8_t>(0xa0 + byte));
  return payload.string("greeter").string("alpha").u32(4711).u64(64U << 20U).u32(0).str();
}

inline std::string welcome_payload() {
  return Payload()
      .u64(0x1122334455667788)
      .string("0.1.0")
      .u32(15000)
      .u32(5000)
      .u64(64U << 20U)
      .u32(0x1f)
      .str();
}

/// NameNotFound, not executed.
inline std::string error_payload() {
  Payload payload;
  payload.u8(2).u8(0).string("no object is served as 'sever'; did you mean 'server'?");
  for (int i = 0; i < 5; ++i)
    payload.string("");  // type, object, method, host, process
  return payload.u32(0).string("").u64(0).string("").str();
}

/// A method's own exception, with an error code and another exception nested in it.
inline std::string remote_error_payload() {
  Payload payload;
  payload.u8(13).u8(2).string("open: No such file or directory");
  payload.string("std::system_error").string("server").string("open").string("alpha");
  payload.string("greeter[4711]").u32(2).string("generic");
  payload.u64(1).string("std::runtime_error").string("no such file");
  payload.string(std::string("\x05\0\0\0", 4));
  return payload.str();
}

/// Two answers, each after its length.
inline std::string bundle_payload() {
  const auto reply = [](std::uint64_t id, std::string_view result) {
    return Payload()
        .text("RM\x01\x04")
        .number(0, 4)  // flags and lengths of names
        .u64(id)
        .u64(0x5566778800000001)
        .u64(0)
        .u64(0)
        .text(result)
        .str();
  };
  const std::string first = reply(0x9e3779b900000003, {});
  const std::string second = reply(0x9e3779b900000004, Payload().string("Hi").str());
  return Payload().u32(40).text(first).u32(50).text(second).str();
}

inline std::vector<Golden> goldens() {
  const std::string rashmi = Payload().string("Rashmi").str();
  const std::string greeting = Payload().string("Hi welcome Rashmi").str();
  const std::uint64_t caller = 7;
  const std::uint64_t slot = 0x9e3779b900000003;
  const std::uint64_t fence = 0x5566778800000001;
  const wire::Header call{
      .kind = wire::Kind::call, .remaining_ms = 30000, .signature = 0x3ca20c37, .call_id = caller};
  wire::Header moved_on = call;
  moved_on.remaining_ms = 29998;
  moved_on.call_id = slot;
  moved_on.registration = fence;
  moved_on.session = 0x1f;
  wire::Header waiting = call;
  waiting.flags = wire::flag::wait_for_name;
  wire::Header one_way = call;
  one_way.flags = wire::flag::oneway;
  one_way.call_id = 0x8000000000000007;
  wire::Header oneway_moved_on = moved_on;
  oneway_moved_on.flags = wire::flag::oneway;
  oneway_moved_on.call_id = 0;
  wire::Header sticky = call;
  sticky.flags = wire::flag::sticky;
  wire::Header to_private = moved_on;
  to_private.registration = 0;
  const std::string annotations = Payload()
                                      .u8(6)
                                      .u32(5)
                                      .text("rmi.idid-17")
                                      .u8(9)
                                      .u32(8)
                                      .text("rmi.chain")
                                      .u64(0x0123456789abcdef)
                                      .str();
  const std::string retry =
      Payload().u8(9).u32(20).text("rmi.retry").u64(0xfedcba9876543210).u64(5).u32(2).str();
  const auto answer = [&](wire::Kind kind, std::uint64_t id) {
    return wire::Header{.kind = kind, .call_id = id, .registration = fence};
  };
  return {
      {"hello.bin", {.kind = wire::Kind::hello, .call_id = 1}, "", "", "", hello_payload()},
      {"welcome.bin", {.kind = wire::Kind::welcome, .call_id = 1}, "", "", "", welcome_payload()},
      {"hello_bundles.bin",
       {.kind = wire::Kind::hello, .flags = wire::flag::bundles, .call_id = 1},
       "",
       "",
       "",
       hello_payload()},
      {"welcome_bundles.bin",
       {.kind = wire::Kind::welcome, .flags = wire::flag::bundles, .call_id = 1},
       "",
       "",
       "",
       welcome_payload()},
      {"bundle.bin", {.kind = wire::Kind::bundle}, "", "", "", bundle_payload()},
      {"welcome_lanes.bin",
       {.kind = wire::Kind::welcome, .call_id = 1, .registration = 4},
       "",
       "",
       "",
       welcome_payload()},
      {"call.bin", call, "server", "welcome_message", "", rashmi},
      {"call_to_daemon.bin", moved_on, "server", "welcome_message", "", rashmi},
      {"call_waits_for_name.bin", waiting, "server", "welcome_message", "", rashmi},
      {"call_annotated.bin", call, "server", "welcome_message", annotations, rashmi},
      {"call_retried.bin", call, "server", "welcome_message", retry, rashmi},
      {"call_reserved_method.bin",
       {.kind = wire::Kind::call, .remaining_ms = 1000, .call_id = 8},
       "server",
       "rmi.schema",
       "",
       ""},
      {"call_longest_names.bin", call, std::string(255, 'o'), std::string(255, 'm'), "", ""},
      {"reply.bin", answer(wire::Kind::reply, slot), "", "", "", greeting},
      {"reply_to_caller.bin", answer(wire::Kind::reply, caller), "", "", "", greeting},
      {"reply_void.bin", answer(wire::Kind::reply, slot), "", "", "", ""},
      {"error.bin", {.kind = wire::Kind::error, .call_id = caller}, "", "", "", error_payload()},
      {"error_remote.bin", answer(wire::Kind::error, slot), "", "", "", remote_error_payload()},
      {"cancel.bin", {.kind = wire::Kind::cancel, .call_id = caller}, "", "", "", ""},
      {"ping.bin", {.kind = wire::Kind::ping, .call_id = 9}, "", "", "", ""},
      {"pong.bin", {.kind = wire::Kind::pong, .call_id = 9}, "", "", "", ""},
      {"renew.bin", {.kind = wire::Kind::renew, .call_id = 10}, "", "", "", ""},
      {"bye.bin", {.kind = wire::Kind::bye}, "", "", "", ""},
      {"watch.bin", {.kind = wire::Kind::watch, .session = 0x1f}, "", "", "", ""},
      {"drain.bin", {.kind = wire::Kind::drain}, "", "", "", ""},
      {"drain_object.bin", {.kind = wire::Kind::drain}, "server", "", "", ""},
      {"gone.bin", {.kind = wire::Kind::gone, .session = 0x1f}, "", "", "", ""},
      {"call_oneway.bin", one_way, "server", "log", "", rashmi},
      {"call_oneway_to_daemon.bin", oneway_moved_on, "server", "log", "", rashmi},
      {"call_sticky.bin", sticky, "server", "welcome_message", "", rashmi},
      {"call_to_private_object.bin", to_private, "@0000002a/89abcdef01234567", "call", "", rashmi},
      {"cancel_to_daemon.bin",
       {.kind = wire::Kind::cancel, .call_id = slot, .registration = fence, .session = 0x1f},
       "",
       "",
       "",
       ""},
  };
}

}  // namespace rmi
