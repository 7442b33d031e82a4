// The life of sessions: how they begin, show that they live, and say goodbye.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rmi/archive.hpp>

#include "bus/bundle.hpp"
#include "bus/control.hpp"
#include "bus/identity.hpp"
#include "bus/name_rules.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

/// What a peer says of itself, made fit for one line of a log.
std::string safe(const std::string& text) {
  const auto in_quotes = quoted(text);
  return in_quotes.substr(1, in_quotes.size() - 2);
}

}  // namespace

void Routing::on_hello(Incoming& in) {
  Hello hello;
  try {
    hello = read_hello(in.view);
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
  session.bundles = hello.bundles && session.max_message >= Bundle::max_size;
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
  welcome.bundles = limits_.max_message >= Bundle::max_size;
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

}  // namespace rmi::ns
