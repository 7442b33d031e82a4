// A peer that speaks to a broker through a bare socket and may misbehave.
#pragma once

#include <zmq.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include <rmi/archive.hpp>
#include <rmi/embedded_broker.hpp>
#include <rmi/names.hpp>

#include "bus/control.hpp"
#include "bus/wire.hpp"
#include "test/integration/fixture.hpp"

namespace rmi_test {

/// What a peer received.
struct Message {
  explicit Message(rmi::Frame received) : frame(std::move(received)) {
    const auto parsed = rmi::wire::parse(std::as_const(frame).bytes());
    REQUIRE(std::holds_alternative<rmi::wire::View>(parsed));
    view = std::get<rmi::wire::View>(parsed);
    if (view.header.kind == rmi::wire::Kind::error) error = rmi::read_error(view.payload);
  }
  rmi::wire::Kind kind() const { return view.header.kind; }
  std::uint64_t id() const { return view.header.call_id; }
  rmi::ErrorCode code() const { return static_cast<rmi::ErrorCode>(error.code); }
  rmi::Outcome outcome() const { return static_cast<rmi::Outcome>(error.outcome); }

  rmi::Frame frame;
  rmi::wire::View view;
  rmi::ErrorPayload error;
};

/// A DEALER in a context of its own: its end looks like the end of a process.
class RawPeer {
 public:
  explicit RawPeer(const std::string& endpoint, const std::string& own_id = {})
      : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_DEALER)) {
    const int linger = 0;
    const int patience_ms = 30'000;
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    if (!own_id.empty()) zmq_setsockopt(socket_, ZMQ_ROUTING_ID, own_id.data(), own_id.size());
    REQUIRE(zmq_connect(socket_, endpoint.c_str()) == 0);
  }
  ~RawPeer() { die(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void die() {
    if (socket_ == nullptr) return;
    zmq_close(socket_);
    zmq_ctx_term(context_);
    socket_ = nullptr;
  }

  void send(const rmi::Frame& frame, bool more = false) { send_bytes(frame.bytes(), more); }
  void send_bytes(std::span<const std::byte> bytes, bool more = false) {
    REQUIRE(zmq_send(socket_, bytes.data(), bytes.size(), more ? ZMQ_SNDMORE : 0) >= 0);
  }
  void control(rmi::wire::Kind kind, std::uint64_t id, std::uint64_t registration = 0) {
    send(rmi::wire::build({.kind = kind, .call_id = id, .registration = registration}, {}, {}, 0));
  }
  /// The next message; pings of the broker are answered on the way.
  Message take() {
    for (;;) {
      rmi::Frame frame;
      REQUIRE(frame.receive(socket_, 0));
      Message message(std::move(frame));
      if (message.kind() != rmi::wire::Kind::ping) return message;
      control(rmi::wire::Kind::pong, message.id());
    }
  }

  void greet(const std::string& program, std::uint64_t max_message = 0, bool bundles = false) {
    rmi::Hello hello;
    const auto unique = reinterpret_cast<std::uintptr_t>(this) + program.size();
    std::memcpy(hello.session.data(), &unique, sizeof unique);
    hello.program = program;
    hello.host = "here";
    hello.pid = 1;
    hello.max_message = max_message;
    hello.bundles = bundles;
    send(rmi::make_hello(hello));
    const auto answer = take();
    REQUIRE(answer.kind() == rmi::wire::Kind::welcome);
    number_ = rmi::read_welcome(answer.view).session;
  }
  /// By which others know its session.
  std::uint32_t number() const { return number_; }

  struct CallOptions {
    std::string object = "server";
    std::uint32_t remaining_ms = 0;  ///< nothing but an answer can end it
    std::uint16_t flags = 0;
    std::size_t payload = 0;
  };
  void call(std::uint64_t id, const CallOptions& options) {
    send(rmi::wire::build({.kind = rmi::wire::Kind::call,
                           .flags = options.flags,
                           .remaining_ms = options.remaining_ms,
                           .call_id = id},
                          options.object, "method", options.payload));
  }
  void call(std::uint64_t id) { call(id, CallOptions()); }
  void reply(const Message& call) {
    control(rmi::wire::Kind::reply, call.id(), call.view.header.registration);
  }

  /// Calls a method of rmi.names and waits for what it answers.
  template <auto Method, class... A>
  Message names(std::string_view method, const A&... arguments) {
    rmi::Frame frame = rmi::wire::build({.kind = rmi::wire::Kind::call,
                                         .signature = rmi::detail::Signed<Method>::hash(),
                                         .call_id = 999'999},
                                        "rmi.names", method, rmi::encoded_size(arguments...));
    rmi::encode(rmi::wire::payload_of(frame), arguments...);
    send(frame);
    return take();
  }
  Message offer(const rmi::NameOffer& offer) { return names<&rmi::Names::enter>("enter", offer); }
  void serve(const std::string& name) {
    REQUIRE(offer({.name = name}).kind() == rmi::wire::Kind::reply);
  }

 private:
  void* context_;
  void* socket_;
  std::uint32_t number_ = 0;
};

/// A broker, a daemon that serves "server", and a caller.
struct Scene {
  explicit Scene(rmi::EmbeddedBroker::Options options = quiet_broker())
      : broker(std::move(options)), daemon(broker.endpoint()), caller(broker.endpoint()) {
    daemon.greet("daemon");
    caller.greet("caller");
    daemon.serve("server");
  }
  /// Fails unless a call goes through.
  void check_works() {
    caller.call(4242);
    daemon.reply(daemon.take());
    const auto answer = caller.take();
    CHECK(answer.kind() == rmi::wire::Kind::reply);
    CHECK(answer.id() == 4242);
  }

  rmi::EmbeddedBroker broker;
  RawPeer daemon;
  RawPeer caller;
};

}  // namespace rmi_test
