// What a routing core of several has to do with the others.
#include <utility>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {

std::uint32_t Routing::number_of(Peer peer) const {
  const auto at = sessions_.find(peer);
  return at == sessions_.end() ? 0 : at->second.number;
}

/// A call that this lane cannot route. Its caller goes to the first lane with it, which answers for
/// good; one that nobody waits for is passed on, because nobody would.
void Routing::call_elsewhere(Incoming& in, std::string_view name) {
  if ((in.view.header.flags & wire::flag::oneway) != 0) {
    if (others_.first->pass_on(*in.session, in.frame)) return;
    return refuse(in, ErrorCode::overloaded,
                  fmt::format("too many oneways wait for another lane of this broker; the call {} "
                              "was not sent",
                              call_text(in.view)));
  }
  if (held_.state(name) == HeldNames::State::draining) return call_left(in, name);
  refuse(in, ErrorCode::name_not_found,
         fmt::format("this lane of the broker does not know the name {}; ask the first one",
                     quoted(name)));
}

void Routing::take_over(std::uint32_t session, Frame frame, Time now) {
  if (const Session* caller = numbered(session)) on_frame(caller->peer, std::move(frame), now);
}

void Routing::end_session(std::uint32_t number, bool for_good, Time now) {
  const Session* session = numbered(number);
  // Who takes its leave of a broker does so in each lane, after what it has to say there.
  if (session == nullptr || draining()) return;
  lose(session->peer, "has left the first lane of this broker", now,
       for_good ? wire::flag::farewell : std::uint16_t{0});
  settle(now);
}

void Routing::lapse_session(std::uint32_t number, Time now) {
  Session* session = numbered(number);
  if (session == nullptr) return;
  fail_taken(*session, "did not renew its lease");
  settle(now);
}

/// A daemon may need what it calls for a call that it has from another lane.
bool Routing::may_be_nested(const Session& session) const {
  if (session.calls_taken.size != 0) return true;
  if (others_.first != nullptr) return others_.first->is_daemon(session.number);
  return others_.at_work && registry_.has_lease(session.peer);
}

}  // namespace rmi::ns
