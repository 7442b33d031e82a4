// Collects what the broker knows about itself.
#include "ns/control_object.hpp"

#include <cctype>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <rmi/errors.hpp>

#include "bus/name_rules.hpp"

namespace rmi::ns {
namespace {

std::map<std::string, std::uint64_t> by_name(const Counters& counters) {
  std::map<std::string, std::uint64_t> named{{"accepted", counters.accepted},
                                             {"cancelled", counters.cancelled},
                                             {"expired", counters.expired},
                                             {"local", counters.local},
                                             {"lost", counters.lost},
                                             {"oneways", counters.oneways},
                                             {"orphaned", counters.orphaned},
                                             {"parked", counters.parked},
                                             {"replied", counters.replied},
                                             {"sessions", counters.sessions},
                                             {"slow_consumers", counters.slow_consumers},
                                             {"silent_callers", counters.silent_callers},
                                             {"dropped.forged", counters.forged},
                                             {"dropped.late", counters.late},
                                             {"dropped.malformed", counters.malformed},
                                             {"dropped.strangers", counters.strangers},
                                             {"dropped.undeliverable", counters.undeliverable}};
  for (std::size_t code = 0; code < counters.refused.size(); ++code)
    if (counters.refused[code] != 0)
      named.emplace("refused." + std::string(to_string(static_cast<ErrorCode>(code))),
                    counters.refused[code]);
  return named;
}

std::uint64_t in_flight_to(const Registry& registry, const std::string& name) {
  std::uint64_t sum = 0;
  for (auto at = registry.after(name, 0); at && at->name == name;
       at = registry.after(name, at->number))
    sum += at->in_flight;
  return sum;
}

}  // namespace

void ControlObject::visit_others(const VisitLane& visit) const {
  if (facts_.visit_others) facts_.visit_others(visit);
}

BrokerInfo ControlObject::info() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  BrokerInfo info;
  info.version = facts_.version;
  info.process = facts_.process;
  info.epoch = facts_.epoch;
  info.endpoints = facts_.endpoints;
  info.uptime = duration_cast<milliseconds>(now_ - facts_.start);
  info.lease = duration_cast<milliseconds>(registry_.lease());
  info.sessions = routing_.sessions();
  info.names = registry_.names();
  info.in_flight = routing_.in_flight();
  info.waiting = routing_.parked();
  Counters counters = routing_.counters();
  std::map<std::string, std::uint64_t> by_lane;
  const auto note = [&](const Counters& lane) {
    by_lane.emplace(fmt::format("accepted.lane{}", by_lane.size()), lane.accepted);
  };
  visit_others([&](const Routing& routing, const Registry&, const Mirror&) {
    if (by_lane.empty()) note(routing_.counters());
    note(routing.counters());
    info.in_flight += routing.in_flight();
    counters.add_lane(routing.counters());
  });
  info.counters = by_name(counters);
  info.counters.merge(by_lane);
  info.counters["dropped.log_lines"] =
      facts_.log_lines_left_out ? facts_.log_lines_left_out() : std::uint64_t{0};
  return info;
}

SessionInfo ControlObject::session(std::uint32_t number) {
  const Session* session = routing_.session_numbered(number);
  if (session == nullptr)
    throw NameNotFound(
        fmt::format("no session has the number {}: it has ended, or never was", number));
  return {.number = number,
          .label = session->label,
          .program = session->program,
          .host = session->host,
          .pid = session->pid,
          .principal = session->origin.principal,
          .address = session->origin.address};
}

std::vector<NameStats> ControlObject::stats(const std::string& prefix) {
  std::map<std::string, NameStats> all;
  const auto add = [&](const Routing& routing, const Registry& registry) {
    routing.stats().visit(prefix, [&](const std::string& name, const CallStats& stats) {
      NameStats& sum = all[name];
      sum.name = name;
      sum.calls += stats.calls;
      sum.oneways += stats.oneways;
      sum.errors += stats.errors;
      sum.lost += stats.lost;
      sum.expired += stats.expired;
      sum.in_flight += in_flight_to(registry, name);
      for (const auto& [time, count] : stats.latency.counts())
        sum.latency_us[time] += count;
    });
  };
  add(routing_, registry_);
  visit_others([&](const Routing& routing, const Registry& registry, const Mirror&) {
    add(routing, registry);
  });
  std::vector<NameStats> list;
  for (auto& [name, stats] : all)
    list.push_back(std::move(stats));
  return list;
}

std::vector<std::string> ControlObject::drain(const std::string& what) {
  if (what == "broker") {
    drain_broker();
    return {facts_.process};
  }
  if (const auto entries = registry_.entries(what); !entries.empty()) return drain_name(entries);
  return {drain_daemon(what)};
}

void ControlObject::drain_broker() {
  if (!facts_.drains_on_request)
    throw AccessDenied(
        fmt::format("this broker is part of {}, which decides when it ends; stop "
                    "that program",
                    facts_.process));
  routing_.drain(now_);
}

std::vector<std::string> ControlObject::drain_name(const Registry::Registrations& entries) {
  const Registration& first = *entries.front();
  if (first.is_builtin())
    throw BadArguments(fmt::format("{} is the broker's own; drain `broker`", quoted(first.name)));
  if (first.is_static())
    throw BadArguments(fmt::format("{} stands for {}: drain that, or remove the name",
                                   quoted(first.name), quoted(first.target())));
  if (first.stale)
    throw BadArguments(fmt::format("{} is kept for {}, which is away: nobody is there to drain",
                                   quoted(first.name), first.owner_text));
  std::vector<std::string> told;
  for (const auto& entry : entries) {
    routing_.ask_to_drain(entry->owner, entry->object_id);
    told.push_back(entry->owner_text.str());
  }
  return told;
}

std::string ControlObject::drain_daemon(const std::string& what) {
  const auto found = routing_.sessions_called(what);
  if (found.empty())
    throw NameNotFound(fmt::format(
        "there is no name and no daemon {}; expected a name, `broker`, or a daemon as the list of "
        "names shows it, such as 'greeter[4711] on alpha'",
        quoted(what)));
  if (found.size() > 1)
    throw BadArguments(fmt::format("{} sessions are called {}; add the host, or give the number",
                                   found.size(), quoted(what)));
  const Session& daemon = *found.front();
  if (!registry_.has_lease(daemon.peer))
    throw BadArguments(fmt::format("{} serves no name: there is nothing to drain", daemon.label));
  routing_.ask_to_drain(daemon.peer, {});
  return daemon.label;
}

}  // namespace rmi::ns
