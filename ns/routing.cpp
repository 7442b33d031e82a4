// The routing core: frames by kind, and the life of sessions.
#include "ns/routing.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rmi/archive.hpp>

#include "bus/control.hpp"
#include "bus/identity.hpp"
#include "bus/name_rules.hpp"

namespace rmi::ns {
namespace {

/// What a peer says of itself, made fit for one line of a log.
std::string label_of(const Hello& hello) {
  const auto inside = [](const std::string& text) {
    const auto safe = quoted(text);
    return safe.substr(1, safe.size() - 2);
  };
  return process_label(inside(hello.program), hello.pid) + " on " + inside(hello.host);
}

}  // namespace

Routing::Routing(Transport& transport, Registry& registry, Options options, Time now)
    : transport_(transport),
      registry_(registry),
      options_(std::move(options)),
      calls_(static_cast<std::uint32_t>(options_.epoch), now),
      last_tick_(now) {}

const std::array<Routing::KindRule, 11>& Routing::rules() {
  static const std::array<KindRule, 11> table{{
      {},  // 0 is no kind
      {.handler = &Routing::on_hello, .for_strangers = true},
      {.handler = &Routing::on_misdirected, .answer_stranger = true},  // welcome
      {.handler = &Routing::on_call, .answer_stranger = true},
      {.handler = &Routing::on_answer, .answer_stranger = true},   // reply
      {.handler = &Routing::on_answer, .answer_stranger = false},  // error: never answered by one
      {.handler = &Routing::on_cancel, .answer_stranger = true},
      {.handler = &Routing::on_ping, .answer_stranger = true},
      {.handler = &Routing::on_pong, .answer_stranger = false},
      {.handler = &Routing::on_renew, .answer_stranger = true},
      {.handler = &Routing::on_bye, .answer_stranger = false},
  }};
  return table;
}

void Routing::on_frame(Peer from, Frame frame, Time now) {
  const auto parsed = wire::parse(std::as_const(frame).bytes());
  if (const auto* fault = std::get_if<wire::Fault>(&parsed)) {
    ++counters_.malformed;
    refuse(from, wire::call_id_of(std::as_const(frame).bytes()), ErrorCode::protocol,
           Outcome::not_executed,
           fmt::format("{}; this broker speaks version {}", to_string(*fault), wire::version));
  } else {
    Incoming in{.peer = from,
                .session = session_of(from),
                .frame = frame,
                .view = std::get<wire::View>(parsed),
                .now = now,
                .since = now};
    handle(in);
  }
  settle(now);
}

void Routing::on_many_frames(Peer from, Time now) {
  ++counters_.malformed;
  refuse(from, 0, ErrorCode::protocol, Outcome::not_executed,
         "a message is one frame, this one has more; it was dropped");
  settle(now);
}

void Routing::handle(Incoming& in) {
  const KindRule& rule = rules()[static_cast<std::size_t>(in.view.header.kind)];
  if (in.session == nullptr && !rule.for_strangers) {
    ++counters_.strangers;
    if (rule.answer_stranger)
      refuse(in, ErrorCode::unknown_session,
             "this broker does not know your session; greet it with a hello first");
    return;
  }
  (this->*rule.handler)(in);
}

void Routing::on_hello(Incoming& in) {
  Hello hello;
  try {
    hello = read_hello(in.view.payload);
  } catch (const DecodeError& error) {
    ++counters_.malformed;
    refuse(in, ErrorCode::protocol, fmt::format("this hello cannot be read: {}", error.what()));
    return;
  }
  if (in.session != nullptr && in.session->id == hello.session) {
    welcome(in);  // it asked twice
    return;
  }
  if (in.session != nullptr) lose(in.peer, "began a new session", in.now);
  // The id is a secret between the peer and this broker: whoever knows it is the same peer, on a
  // new connection, and the old one is a corpse.
  const auto former = peer_of_id_.find(hello.session);
  if (former != peer_of_id_.end()) lose(former->second, "came back on a new connection", in.now);
  if (sessions_.size() >= limits_.sessions) {
    refuse(in, ErrorCode::overloaded,
           fmt::format("this broker has {} sessions, its limit is {}; try again later",
                       sessions_.size(), limits_.sessions));
    return;
  }
  Session& session = sessions_[in.peer];
  session.peer = in.peer;
  session.id = hello.session;
  session.label = label_of(hello);
  session.max_message = hello.max_message == 0 ? limits_.max_message
                                               : static_cast<std::size_t>(std::min<std::uint64_t>(
                                                     hello.max_message, limits_.max_message));
  peer_of_id_[hello.session] = in.peer;
  ++counters_.sessions;
  log(LogLevel::debug, fmt::format("{} connected", session.label));
  welcome(in);
}

void Routing::welcome(Incoming& in) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto lease = duration_cast<milliseconds>(registry_.lease()).count();
  Welcome welcome;
  welcome.epoch = options_.epoch;
  welcome.version = options_.version;
  welcome.lease_ms = static_cast<std::uint32_t>(lease);
  welcome.renew_ms = static_cast<std::uint32_t>(std::max<milliseconds::rep>(1, lease / 3));
  welcome.max_message = limits_.max_message;
  tell(in.peer, make_welcome(in.view.header.call_id, welcome));
}

void Routing::on_bye(Incoming& in) {
  lose(in.peer, "said goodbye", in.now);
}

void Routing::on_ping(Incoming& in) {
  wire::set_kind(in.frame, wire::Kind::pong);
  tell(in.peer, std::move(in.frame));
}

void Routing::on_pong(Incoming&) {}  // that it arrived was all there is to it

void Routing::on_renew(Incoming& in) {
  const auto renewal = registry_.renew(in.peer, in.now);
  if (in.session->lapsed) {
    refuse(in, ErrorCode::unknown_session,
           "your lease has lapsed and your names are gone; greet again and enter them again");
    return;
  }
  Frame pong = wire::build({.kind = wire::Kind::pong, .call_id = in.view.header.call_id}, {}, {},
                           renewal.lost.empty() ? 0 : encoded_size(renewal.lost));
  if (!renewal.lost.empty()) encode(wire::payload_of(pong), renewal.lost);
  tell(in.peer, std::move(pong));
}

void Routing::on_misdirected(Incoming& in) {
  ++counters_.malformed;
  refuse(in, ErrorCode::protocol, "a welcome is sent by a broker, not to one");
}

Session* Routing::session_of(Peer peer) {
  const auto at = sessions_.find(peer);
  return at == sessions_.end() ? nullptr : &at->second;
}

void Routing::tell(Peer peer, Frame frame) {
  const auto result = transport_.send(peer, frame);
  if (result == SendResult::sent) return;
  ++counters_.undeliverable;
  if (result == SendResult::gone) gone_.push_back(peer);
}

void Routing::refuse(Peer peer, std::uint64_t call_id, ErrorCode code, Outcome outcome,
                     const std::string& text) {
  ++counters_.refused[static_cast<std::size_t>(code)];
  tell(peer, make_error({.call_id = call_id}, code, outcome, text));
}

}  // namespace rmi::ns
