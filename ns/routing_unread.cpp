// Callers that do not read: what waits for them is bounded, and then they lose their session.
//
// What a peer has read is known by pings in between: a pong says that all before it has arrived.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bus/oneway_id.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

// A peer is asked what has arrived after each such part of what may be under way to it.
constexpr std::size_t marks = 8;

}  // namespace

/// @return false when the caller was told instead that it does not get the answer.
bool Routing::deliver(Session& to, Answer answer, Time now) {
  const auto size = answer.frame.size();
  if (size > to.max_message) {
    refuse(to.peer, answer.number, ErrorCode::message_too_large, Outcome::executed,
           fmt::format("the answer to {} has {} bytes, the caller takes at most {}; ask for less",
                       call_text(answer.object, answer.method), size, to.max_message));
    return false;
  }
  if (auto over = over_unread(to)) {
    wait_for_reader(to, now);
    const auto dropped = fmt::format("the call {} was made, its answer is dropped",
                                     call_text(answer.object, answer.method));
    over->wanted = size;
    over->consequence = dropped;
    refuse(to.peer, answer.number, ErrorCode::overloaded, Outcome::executed, refused_.count(*over));
    return false;
  }
  wire::set_call_id(answer.frame, answer.number);
  const auto result = note_undelivered(to.peer, send(to, answer.frame));
  if (result == SendResult::sent) count_unread(to, size);
  end_if_full(to.peer, answer.number, result);
  return true;
}

/// The limit that a session has more than, if it does. Of a principal that has too much, those
/// sessions that have little are let be: they read, and are not to blame.
std::optional<OverLimit> Routing::over_unread(const Session& to) const {
  const std::size_t waiting = to.unread.unconfirmed();
  if (waiting > limits_.unread_bytes_per_session)
    return OverLimit{.limit = LimitId::unread_bytes_per_session,
                     .whose = to.label,
                     .used = waiting,
                     .most = limits_.unread_bytes_per_session};
  const PrincipalUsage& all = *to.principal;
  const std::size_t most = limits_.unread_bytes_per_principal;
  if (all.unread_bytes > most && waiting > most / all.sessions)
    return OverLimit{.limit = LimitId::unread_bytes_per_principal,
                     .whose = all.name,
                     .used = all.unread_bytes,
                     .most = most};
  return std::nullopt;
}

/// It was sent, and says nothing when it arrives.
void Routing::count_unread(Session& to, std::size_t size) {
  UnreadFlow& flow = to.unread;
  flow.sent += size;
  to.principal->unread_bytes += size;
  const auto most = std::min(limits_.bytes_per_daemon, limits_.unread_bytes_per_session);
  if (flow.sent - flow.marked >= most / marks) mark(to);
}

void Routing::mark(Session& to) {
  Frame ping = wire::build({.kind = wire::Kind::ping, .call_id = to.unread.sent}, {}, {}, 0);
  if (transport_.send(to.peer, ping) == SendResult::sent) to.unread.marked = to.unread.sent;
}

/// That it arrived is all there is to most of them.
void Routing::on_pong(Incoming& in) {
  UnreadFlow& flow = in.session->unread;
  const auto upto = in.view.header.call_id;
  if (upto <= flow.confirmed || upto > flow.marked) return;
  in.session->principal->unread_bytes -= upto - flow.confirmed;
  flow.confirmed = upto;
  flow.over_since.reset();
}

void Routing::wait_for_reader(Session& session, Time now) {
  UnreadFlow& flow = session.unread;
  if (flow.marked < flow.sent) mark(session);  // the last one may have met a full queue
  if (flow.over_since) return;
  flow.over_since = now;
  slow_.push_back(session.peer);
}

void Routing::check_readers(Time now) {
  std::erase_if(slow_, [&](Peer peer) {
    Session* session = session_of(peer);
    if (session == nullptr || !session->unread.over_since) return true;
    if (*session->unread.over_since + limits_.unread_time > now) return false;
    stuck_.push_back(peer);
    return true;
  });
}

std::optional<Time> Routing::next_reader_check() const {
  std::optional<Time> next;
  for (const Peer peer : slow_)
    if (const auto at = sessions_.find(peer);
        at != sessions_.end() && at->second.unread.over_since) {
      const Time end = *at->second.unread.over_since + limits_.unread_time;
      next = next ? std::min(*next, end) : end;
    }
  return next;
}

/// A caller that does not take the answer to that call.
void Routing::end_if_full(Peer peer, std::uint64_t number, SendResult result) {
  // Who makes oneway calls need not read.
  if (result == SendResult::full && (number & oneway_bit) == 0) stuck_.push_back(peer);
}

void Routing::end_stuck(Peer peer, Time now) {
  Session* session = session_of(peer);
  if (session == nullptr) return;
  UnreadFlow& flow = session->unread;
  const bool over = std::exchange(flow.over_since, std::nullopt).has_value();
  // Others fill the queue of a session that serves names: that it is full is no fault of its own.
  if (registry_.has_lease(peer)) return;
  ++counters_.slow_consumers;
  const auto how = over ? fmt::format(
                              "does not read its answers: {} bytes of them wait, and none "
                              "was read for {} ms",
                              flow.unconfirmed(), limits_.unread_time.count())
                        : std::string("does not read its answers: its queue is full");
  log({LogLevel::warning, "session-unread",
       fmt::format("{} {}; its session ends", session->label, how)});
  transport_.hang_up(session->origin.link);
  lose(peer, how, now);
}

}  // namespace rmi::ns
