// Calls that nobody waits for: they take no slot, so that something else must bound them.
#include <utility>

#include <fmt/format.h>

#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
/// @return false when the daemon is gone.
bool Routing::call_oneway(Incoming& in, Frame& frame, Registration& to, Session& daemon) {
  const auto size = frame.size();
  wire::set_call_id(frame, 0);
  const auto result = send(daemon, frame);
  if (result == SendResult::gone) {
    note_gone(daemon.peer);
    return false;
  }
  if (result == SendResult::full) {
    refuse(in, ErrorCode::overloaded,
           fmt::format("the queue of messages to {} is full; the call {} was not sent",
                       daemon.label, call_text(in.view)));
    return true;
  }
  ++counters_.oneways;
  ++stats_of(to).oneways;
  count_unread(daemon, size);
  return true;
}

bool Routing::within_oneway_limits(const Incoming& in, Session& daemon) {
  const std::size_t used = daemon.unread.unconfirmed();
  const auto size = in.frame.size();
  if (used + size <= limits_.bytes_per_daemon) return true;
  refuse_over(in, {.limit = LimitId::bytes_per_daemon,
                   .whose = daemon.label,
                   .used = used,
                   .most = limits_.bytes_per_daemon,
                   .wanted = size,
                   .consequence = not_sent(in.view)});
  mark(daemon);  // the last mark may have been lost to a full queue
  return false;
}

}  // namespace rmi::ns
