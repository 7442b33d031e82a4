// What sessions and principals use of the limits.
#include "ns/limit_report.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {

void Routing::report_limits(LimitReport& report) const {
  using enum LimitId;
  report.refused += refused_;
  report.add(sessions, sessions_.size(), {});
  report.add(waiting_calls, parked_.size(), {});
  report.add(waiting_bytes, parked_.bytes(), {});
  report.add(held_names, held_.size(), {});
  report.add(measured_names, stats_.size(), {});
  for (const auto& [peer, session] : sessions_) {
    const auto add = [&, by = std::string_view(session.label)](LimitId limit, std::uint64_t used) {
      report.add(limit, used, by);
    };
    add(calls_per_session, session.calls_made.size);
    add(bytes_per_session, session.bytes_made);
    add(calls_per_daemon, session.calls_taken.size);
    add(bytes_per_daemon, session.bytes_taken);
    add(unread_bytes_per_session, session.unread.unconfirmed());
    add(waiting_calls_per_session, session.parked);
    add(watched_sessions, session.watches.size());
    add(sticky_names_per_session, session.sticky.size());
    add(registrations_per_session,
        session.registrations.per_second(limits_.registry.registrations_per_session, last_tick_));
  }
  principals_.visit([&](const PrincipalUsage& usage) {
    report.add(sessions_per_principal, usage.sessions, usage.name);
    report.add(calls_per_principal, usage.calls, usage.name);
    report.add(bytes_per_principal, usage.bytes, usage.name);
    report.add(unread_bytes_per_principal, usage.unread_bytes, usage.name);
    report.add(waiting_calls_per_principal, usage.waiting_calls, usage.name);
    report.add(waiting_bytes_per_principal, usage.waiting_bytes, usage.name);
    report.add(names_per_principal, usage.names, usage.name);
    report.add(
        registrations_per_principal,
        usage.registrations.per_second(limits_.registry.registrations_per_principal, last_tick_),
        usage.name);
  });
}

}  // namespace rmi::ns
