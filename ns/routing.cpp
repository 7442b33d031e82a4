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
std::string safe(const std::string& text) {
  const auto in_quotes = quoted(text);
  return in_quotes.substr(1, in_quotes.size() - 2);
}

}  // namespace

Routing::Routing(Transport& transport, Registry& registry, Options options, Time now)
    : transport_(transport),
      registry_(registry),
      options_(std::move(options)),
      calls_(static_cast<std::uint32_t>(options_.epoch), now),
      stats_(limits_.names_measured),
      last_tick_(now) {}

const std::array<Routing::KindRule, 14>& Routing::rules() {
  static const std::array<KindRule, 14> table{{
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
      {.handler = &Routing::on_watch, .answer_stranger = true},
      {.handler = &Routing::on_misdirected, .answer_stranger = true},  // drain
      {.handler = &Routing::on_misdirected, .answer_stranger = true},  // gone
  }};
  return table;
}

void Routing::on_frame(Peer from, Frame&& frame, Time now) {
  Session* const session = session_of(from);
  if (session != nullptr) ++session->messages;
  const auto parsed = wire::parse(std::as_const(frame).bytes());
  if (const auto* fault = std::get_if<wire::Fault>(&parsed)) {
    note_malformed(from, &frame, to_string(*fault));
    refuse(from, wire::call_id_of(std::as_const(frame).bytes()), ErrorCode::protocol,
           Outcome::not_executed,
           fmt::format("{}; this broker speaks version {}", to_string(*fault), wire::version));
  } else {
    Incoming in{.peer = from,
                .session = session,
                .frame = frame,
                .view = std::get<wire::View>(parsed),
                .now = now,
                .since = now};
    handle(in);
  }
  settle(now);
}

void Routing::on_many_frames(Peer from, Time now) {
  if (Session* session = session_of(from)) ++session->messages;
  note_malformed(from, nullptr, "a message is one frame, this one had more");
  refuse(from, 0, ErrorCode::protocol, Outcome::not_executed,
         "a message is one frame, this one has more; it was dropped");
  settle(now);
}

void Routing::on_endless(Peer from, std::string_view what) {
  ++counters_.malformed;
  const Session* session = session_of(from);
  log({LogLevel::warning, "message-endless",
       fmt::format("{} {}; its connection is closed",
                   session == nullptr ? "a stranger" : session->label, what)});
}

std::uint64_t Routing::messages_of(Peer peer) {
  const Session* session = session_of(peer);
  return session == nullptr ? 0 : session->messages;
}

std::set<std::uint64_t> Routing::links() const {
  std::set<std::uint64_t> cookies;
  for (const auto& [peer, session] : sessions_)
    cookies.insert(session.origin.link.cookie);
  return cookies;
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
    note_malformed(in.peer, &in.frame, fmt::format("its hello cannot be read: {}", error.what()));
    refuse(in, ErrorCode::protocol, fmt::format("this hello cannot be read: {}", error.what()));
    return;
  }
  if (stage_ == Stage::leaving) {
    refuse(in, ErrorCode::draining, "this broker is shutting down; greet it when it is back");
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
  if (others_.first != nullptr && !others_.first->number_of(hello.session)) {
    refuse(in, ErrorCode::unknown_session,
           "this is a further lane of a broker, which does not know your session; connect to the "
           "first one, where rmi-broker says that it listens");
    return;
  }
  Origin origin = transport_.origin_of(in.frame);
  if (!has_room(in, Principals::name_of(origin))) return;
  begin(in, hello, std::move(origin));
  welcome(in);
  if (others_.first != nullptr) others_.first->greeted(*in.session, in.now);
}

bool Routing::has_room(const Incoming& in, const std::string& principal) {
  const auto fits = [&](LimitId limit, std::string_view whose, std::size_t used, std::size_t most) {
    if (used < most) return true;
    refuse_over(in, {.limit = limit,
                     .whose = whose,
                     .used = used,
                     .most = most,
                     .consequence = "this connection gets none; try again later"});
    return false;
  };
  const PrincipalUsage* usage = principals_.find(principal);
  return fits(LimitId::sessions, "this broker", sessions_.size(), limits_.sessions) &&
         fits(LimitId::sessions_per_principal, principal, usage == nullptr ? 0 : usage->sessions,
              limits_.sessions_per_principal);
}

void Routing::begin(Incoming& in, const Hello& hello, Origin origin) {
  Session& session = sessions_[in.peer];
  in.session = &session;
  session.peer = in.peer;
  session.id = hello.session;
  session.number =
      others_.first == nullptr ? free_number() : *others_.first->number_of(hello.session);
  session.program = safe(hello.program);
  session.host = safe(hello.host);
  session.pid = hello.pid;
  session.label = process_label(session.program, session.pid) + " on " + session.host;
  session.origin = std::move(origin);
  session.principal = &principals_.join(Principals::name_of(session.origin));
  session.max_message = hello.max_message == 0 ? limits_.max_message
                                               : static_cast<std::size_t>(std::min<std::uint64_t>(
                                                     hello.max_message, limits_.max_message));
  peer_of_id_[hello.session] = in.peer;
  by_number_[session.number] = &session;
  ++counters_.sessions;
  log({LogLevel::debug, "session-begun",
       fmt::format("{} connected, as session {}", session.label, session.number)});
  if (others_.followers != nullptr) others_.followers->begun(session);
}

/// 0 is the broker itself. Of 2^32 numbers at most as many are taken as there may be sessions.
std::uint32_t Routing::free_number() {
  do
    ++last_number_;
  while (last_number_ == 0 || by_number_.contains(last_number_));
  return last_number_;
}

void Routing::welcome(Incoming& in) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto lease = duration_cast<milliseconds>(registry_.lease()).count();
  Welcome welcome;
  welcome.lanes = options_.lanes;
  welcome.epoch = options_.epoch;
  welcome.version = options_.version;
  welcome.lease_ms = static_cast<std::uint32_t>(lease);
  welcome.renew_ms = static_cast<std::uint32_t>(std::max<milliseconds::rep>(1, lease / 3));
  welcome.max_message = limits_.max_message;
  welcome.session = in.session->number;
  tell(in.peer, make_welcome(in.view.header.call_id, welcome));
}

/// One that this broker has said goodbye to answers that, and may come back when the broker does.
void Routing::on_bye(Incoming& in) {
  const bool for_good = stage_ != Stage::leaving;
  lose(in.peer, "said goodbye", in.now, for_good ? wire::flag::farewell : std::uint16_t{0});
}

void Routing::on_ping(Incoming& in) {
  wire::set_kind(in.frame, wire::Kind::pong);
  tell(in.peer, std::move(in.frame));
}

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
  const std::string why = fmt::format("a {} is sent by a broker, not to one",
                                      in.view.header.kind == wire::Kind::gone    ? "gone"
                                      : in.view.header.kind == wire::Kind::drain ? "drain"
                                                                                 : "welcome");
  note_malformed(in.peer, &in.frame, why);
  refuse(in, ErrorCode::protocol, why);
}

/// As the log calls it.
std::string Routing::who(Peer peer) const {
  const auto at = sessions_.find(peer);
  return at == sessions_.end() ? "a stranger" : at->second.label;
}

void Routing::note_malformed(Peer from, Frame* frame, std::string_view why) {
  ++counters_.malformed;
  const bool stranger = frame != nullptr && session_of(from) == nullptr;
  log({LogLevel::warning, "frame-malformed",
       fmt::format("{}{} broke the protocol, and the frame was dropped: {}", who(from),
                   stranger ? " at " + transport_.origin_of(*frame).address : "", why)});
}

Session* Routing::session_of(Peer peer) {
  const auto at = sessions_.find(peer);
  return at == sessions_.end() ? nullptr : &at->second;
}

Session* Routing::numbered(std::uint32_t number) {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? nullptr : at->second;
}

const Session* Routing::session_numbered(std::uint32_t number) const {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? nullptr : at->second;
}

SendResult Routing::tell(Peer peer, Frame frame) {
  const auto result = transport_.send(peer, frame);
  if (result == SendResult::sent) return result;
  ++counters_.undeliverable;
  if (result == SendResult::gone)
    note_gone(peer);
  else
    log({LogLevel::warning, "peer-full",
         fmt::format("{} does not read: its queue is full, and a message to it was dropped",
                     who(peer))});
  return result;
}

void Routing::refuse(Peer peer, std::uint64_t call_id, ErrorCode code, Outcome outcome,
                     const std::string& text) {
  ++counters_.refused[static_cast<std::size_t>(code)];
  // The rest is the everyday business of its caller, who is told.
  if (code == ErrorCode::overloaded || code == ErrorCode::access_denied)
    log({LogLevel::warning, code == ErrorCode::overloaded ? "overloaded" : "access-denied",
         fmt::format("{} was refused: {}", who(peer), text)});
  tell_caller(peer, call_id, make_error({.call_id = call_id}, code, outcome, text));
}

}  // namespace rmi::ns
