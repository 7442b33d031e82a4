// What the broker's own objects use of the limits, and the table of all of them for callers.
#include <algorithm>

#include "ns/builtin_objects.hpp"
#include "ns/limit_report.hpp"

namespace rmi::ns {

void NameSources::report_limits(LimitReport& report) const {
  report.refused += refused_;
  report.add(LimitId::name_watches, sources_.size(), {});
  report.add(LimitId::name_watches_per_session, 0, {});
  report.add(LimitId::name_watch_bytes, 0, {});
  report.add(LimitId::name_watch_pulls, 0, {});
  for (const auto& [peer, number] : per_owner_)
    report.add(LimitId::name_watches_per_session, number, {});
  for (const auto& [token, source] : sources_) {
    report.add(LimitId::name_watch_bytes, source.feed.queued_bytes(), {});
    report.add(LimitId::name_watch_pulls, source.waiting.size(), {});
  }
}

void DurableCalls::report_limits(LimitReport& report) const {
  report.refused += refused_;
  report.add(LimitId::store_calls, size(), {});
  report.add(LimitId::store_bytes, bytes_, {});
}

void BuiltinObjects::report_limits(LimitReport& report) const {
  routing_.report_limits(report);
  registry_.report_limits(report);
  sources_.report_limits(report);
  if (durable_) durable_->report_limits(report);
}

std::vector<LimitInfo> ControlObject::limits() {
  LimitReport report;
  report_(report);
  visit_others([&](const Routing& routing, const Registry&, const Mirror&) {
    routing.report_limits(report);
  });
  std::vector<LimitInfo> all;
  for (const auto& rule : limit_rules()) {
    const auto& use = report.of(rule.id);
    const auto value = rule.get(limits_);
    LimitInfo info{.name = std::string(rule.name),
                   .meaning = std::string(rule.meaning),
                   .limit = value,
                   .limit_text = show_limit(rule.unit, value),
                   .used = {},
                   .by = use.by,
                   .refused = report.refused.of(rule.id)};
    if (use.known) info.used = use.used;
    all.push_back(std::move(info));
  }
  return all;
}

}  // namespace rmi::ns
