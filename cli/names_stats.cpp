// rmi-ns stats and top: what becomes of calls, by name.
#include "cli/names_stats.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include <rmi/broker_control.hpp>
#include <rmi/proxy.hpp>

#include "bus/json.hpp"
#include "cli/call_repeat.hpp"
#include "cli/duration.hpp"
#include "cli/names_command.hpp"
#include "cli/table.hpp"

namespace rmi::cli {
namespace {

using std::chrono::steady_clock;

// Goes to the upper left corner and clears from there: ECMA-48.
constexpr std::string_view clear_screen = "\x1b[H\x1b[J";

std::string quantile_text(const NameStats& stats, double share) {
  if (stats.latency_us.empty()) return "-";
  return show_duration(latency_quantile(stats.latency_us, share));
}

Json quantiles_json(const NameStats& stats) {
  const auto us = [&](double share) { return latency_quantile(stats.latency_us, share).count(); };
  return {{"p50", us(0.5)}, {"p90", us(0.9)}, {"p99", us(0.99)}, {"max", us(1)}};
}

Json stats_json(const NameStats& stats) {
  return {{"name", stats.name},           {"calls", stats.calls},
          {"oneways", stats.oneways},     {"errors", stats.errors},
          {"lost", stats.lost},           {"expired", stats.expired},
          {"in_flight", stats.in_flight}, {"latency_us", quantiles_json(stats)}};
}

Proxy<BrokerControl> control_of(Session& session, std::chrono::milliseconds longest) {
  return Proxy<BrokerControl>(session.bus(), "rmi.broker").with_timeout(longest);
}

std::string rate(double number) {
  return number < 10 ? fmt::format("{:.1f}", number) : fmt::format("{:.0f}", number);
}

/// One turn of top: what happened between two looks at the broker.
struct Turn {
  BrokerInfo info;
  std::vector<NameStats> recent;
  double seconds = 1;
};

std::string turn_text(const Turn& turn, const Palette& palette) {
  std::vector<Row> rows;
  double calls = 0;
  for (const auto& stats : turn.recent) {
    const auto per_second = [&](std::uint64_t count) {
      return static_cast<double>(count) / turn.seconds;
    };
    calls += per_second(stats.calls + stats.oneways);
    rows.push_back({stats.name, rate(per_second(stats.calls)), rate(per_second(stats.oneways)),
                    rate(per_second(stats.errors)), rate(per_second(stats.lost + stats.expired)),
                    std::to_string(stats.in_flight), quantile_text(stats, 0.5),
                    quantile_text(stats, 0.99)});
  }
  return fmt::format("{} calls/s, {} in flight, {} waiting, {} sessions, {} names\n", rate(calls),
                     turn.info.in_flight, turn.info.waiting, turn.info.sessions, turn.info.names) +
         format_table({"NAME", "CALLS/S", "ONEWAYS/S", "ERRORS/S", "LOST/S", "NOW", "P50", "P99"},
                      rows, palette);
}

std::string turn_json(const Turn& turn) {
  Json names = Json::array();
  for (const auto& stats : turn.recent)
    names.push_back(stats_json(stats));
  return to_text(Json{{"seconds", turn.seconds},
                      {"in_flight", turn.info.in_flight},
                      {"waiting", turn.info.waiting},
                      {"sessions", turn.info.sessions},
                      {"names", std::move(names)}});
}

std::string counters_table(const std::map<std::string, std::uint64_t>& counters,
                           const Palette& palette) {
  std::vector<Row> rows;
  for (const auto& [name, count] : counters)
    rows.push_back({name, std::to_string(count)});
  return format_table({"COUNTER", "COUNT"}, rows, palette);
}

}  // namespace

NameStats since(const NameStats& now, const NameStats& before) {
  NameStats recent = now;
  recent.calls -= before.calls;
  recent.oneways -= before.oneways;
  recent.errors -= before.errors;
  recent.lost -= before.lost;
  recent.expired -= before.expired;
  for (const auto& [longest, count] : before.latency_us)
    if (const auto at = recent.latency_us.find(longest); at != recent.latency_us.end())
      if ((at->second -= count) == 0) recent.latency_us.erase(at);
  return recent;
}

std::vector<NameStats> busiest(const std::vector<NameStats>& now,
                               const std::vector<NameStats>& before) {
  std::map<std::string_view, const NameStats*> former;
  for (const auto& stats : before)
    former.emplace(stats.name, &stats);
  std::vector<NameStats> recent;
  for (const auto& stats : now) {
    const auto at = former.find(stats.name);
    // Fewer than before: another broker answers, or the name was forgotten and came back.
    const bool goes_on = at != former.end() && at->second->calls <= stats.calls &&
                         at->second->oneways <= stats.oneways;
    recent.push_back(goes_on ? since(stats, *at->second) : stats);
  }
  std::stable_sort(recent.begin(), recent.end(), [](const auto& one, const auto& other) {
    return one.calls + one.oneways > other.calls + other.oneways;
  });
  return recent;
}

ExitCode show_stats(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, false);
  const auto control = control_of(session, session.left());
  const auto counters = control->info().counters;
  const auto all = control->stats(words.empty() ? std::string() : words.front());
  if (options.common.json) {
    Json list = Json::array();
    for (const auto& stats : all)
      list.push_back(stats_json(stats));
    std::cout << to_text(Json{{"counters", counters}, {"names", std::move(list)}}) << '\n';
    return ExitCode::done;
  }
  // Of the broker as a whole: not what was asked for with a prefix.
  if (words.empty()) std::cout << counters_table(counters, palette(options.common.color)) << '\n';
  std::vector<Row> rows;
  for (const auto& stats : all)
    rows.push_back({stats.name, std::to_string(stats.calls), std::to_string(stats.oneways),
                    std::to_string(stats.errors), std::to_string(stats.lost),
                    std::to_string(stats.expired), std::to_string(stats.in_flight),
                    quantile_text(stats, 0.5), quantile_text(stats, 0.9),
                    quantile_text(stats, 0.99), quantile_text(stats, 1)});
  std::cout << format_table(
      {"NAME", "CALLS", "ONEWAYS", "ERRORS", "LOST", "EXPIRED", "NOW", "P50", "P90", "P99", "MAX"},
      rows, palette(options.common.color));
  return ExitCode::done;
}

ExitCode show_top(const NamesOptions& options, Words words) {
  const auto interval =
      options.interval.empty() ? std::chrono::seconds(1) : parse_duration(options.interval);
  const std::size_t looks = options.count.empty() ? 0 : parse_count("--count", options.count);
  const std::string prefix = words.empty() ? std::string() : words.front();
  Session session(options.common, std::nullopt, false);
  const auto control = control_of(session, session.timeout());
  auto before = control->stats(prefix);
  auto begun = steady_clock::now();
  for (std::size_t look = 0; looks == 0 || look < looks; ++look) {
    poll(nullptr, 0, static_cast<int>(interval.count()));
    auto now = control->stats(prefix);
    const auto end = steady_clock::now();
    const Turn turn{.info = control->info(),
                    .recent = busiest(now, before),
                    .seconds = std::chrono::duration<double>(end - begun).count()};
    if (options.common.json)
      std::cout << turn_json(turn) << std::endl;
    else
      std::cout << (stdout_is_terminal() ? clear_screen : std::string_view())
                << turn_text(turn, palette(options.common.color)) << std::endl;
    before = std::move(now);
    begun = end;
  }
  return ExitCode::done;
}

}  // namespace rmi::cli
