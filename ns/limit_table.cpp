// The table of limits, and how they are read and shown.
#include "ns/limit_table.hpp"

#include <array>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include <rmi/schema.hpp>

#include "bus/name_rules.hpp"

namespace rmi::ns {
namespace {

using std::chrono::milliseconds;

template <auto First, auto... Rest, class From>
auto& field(From& from) {
  if constexpr (sizeof...(Rest) == 0) {
    return from.*First;
  } else {
    return field<Rest...>(from.*First);
  }
}

std::uint64_t number_of(std::uint64_t value) {
  return value;
}
std::uint64_t number_of(milliseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

template <auto... Path>
constexpr LimitRule rule(LimitId id, std::string_view name, LimitUnit unit, std::uint64_t least,
                         std::string_view meaning) {
  return {.id = id,
          .name = name,
          .meaning = meaning,
          .unit = unit,
          .least = least,
          .get = [](const Limits& limits) { return number_of(field<Path...>(limits)); },
          .set =
              [](Limits& limits, std::uint64_t value) {
                auto& target = field<Path...>(limits);
                target = std::remove_reference_t<decltype(target)>(value);
              }};
}

using Id = LimitId;
using L = Limits;
using R = RegistryLimits;
using W = WatchLimits;
constexpr auto count = LimitUnit::count;
constexpr auto bytes = LimitUnit::bytes;
constexpr auto time = LimitUnit::milliseconds;
constexpr auto rate = LimitUnit::per_second;
constexpr auto names = &L::registry;
constexpr auto watch = &L::names_watch;

// clang-format off
constexpr std::array<LimitRule, limit_count> table{{
    rule<&L::max_message>(Id::message_size, "message-size", bytes, 1024,
        "largest message that is passed on"),
    rule<&L::sessions>(Id::sessions, "sessions", count, 1,
        "connections that have greeted"),
    rule<&L::sessions_per_principal>(Id::sessions_per_principal, "sessions-per-principal", count, 1,
        "the same of one principal"),
    rule<&L::greeting_time>(Id::greeting_time, "greeting-time", time, 100,
        "how long a connection may go without a greeting"),
    rule<&L::calls_per_session>(Id::calls_per_session, "calls-per-session", count, 1,
        "calls in flight that one session made"),
    rule<&L::bytes_per_session>(Id::bytes_per_session, "bytes-per-session", bytes, 1024,
        "their bytes"),
    rule<&L::calls_per_principal>(Id::calls_per_principal, "calls-per-principal", count, 1,
        "calls in flight that one principal made"),
    rule<&L::bytes_per_principal>(Id::bytes_per_principal, "bytes-per-principal", bytes, 1024,
        "their bytes"),
    rule<&L::calls_per_daemon>(Id::calls_per_daemon, "calls-per-daemon", count, 1,
        "calls that one daemon has and has not answered"),
    rule<&L::bytes_per_daemon>(Id::bytes_per_daemon, "bytes-per-daemon", bytes, 1024,
        "their bytes, and those of oneway calls that it has not read"),
    rule<&L::unread_bytes_per_session>(Id::unread_bytes_per_session, "unread-bytes-per-session",
        bytes, 1024, "answers that wait for one session which does not read them"),
    rule<&L::unread_bytes_per_principal>(Id::unread_bytes_per_principal,
        "unread-bytes-per-principal", bytes, 1024,
        "the same for one principal; over it, each of its sessions has an equal share"),
    rule<&L::unread_time>(Id::unread_time, "unread-time", time, 100,
        "how long a session with more of them may read nothing before it is ended"),
    rule<&L::waiting_calls>(Id::waiting_calls, "waiting-calls", count, 0,
        "calls that wait for a name"),
    rule<&L::waiting_calls_per_session>(Id::waiting_calls_per_session, "waiting-calls-per-session",
        count, 0, "the same of one session"),
    rule<&L::waiting_calls_per_principal>(Id::waiting_calls_per_principal,
        "waiting-calls-per-principal", count, 0, "the same of one principal"),
    rule<&L::waiting_bytes>(Id::waiting_bytes, "waiting-bytes", bytes, 0,
        "bytes of all calls that wait for a name"),
    rule<&L::waiting_bytes_per_principal>(Id::waiting_bytes_per_principal,
        "waiting-bytes-per-principal", bytes, 0, "the same of one principal"),
    rule<names, &R::names>(Id::names, "names", count, 1,
        "entries of the name server, two of its own included"),
    rule<names, &R::names_per_session>(Id::names_per_session, "names-per-session", count, 0,
        "the same of one session"),
    rule<names, &R::names_per_principal>(Id::names_per_principal, "names-per-principal", count, 0,
        "the same of one principal"),
    rule<names, &R::static_names>(Id::static_names, "static-names", count, 0,
        "entries that belong to no session, those two included"),
    rule<names, &R::durable_names>(Id::durable_names, "durable-names", count, 0,
        "entries that are kept on disk"),
    rule<names, &R::registrations_per_session>(Id::registrations_per_session,
        "registrations-per-session", rate, 1,
        "names that one session enters in a second; ten times that at once"),
    rule<names, &R::registrations_per_principal>(Id::registrations_per_principal,
        "registrations-per-principal", rate, 1, "the same of one principal"),
    rule<names, &R::tags_per_name>(Id::tags_per_name, "tags-per-name", count, 0,
        "tags of one name"),
    rule<names, &R::text_length>(Id::text_length, "text-length", bytes, 0,
        "bytes of the name of an interface, and of the URI that a name stands for"),
    rule<names, &R::hold>(Id::hold_time, "hold-time", time, 0,
        "how long calls may wait for the next owner of a name"),
    rule<&L::held_names>(Id::held_names, "held-names", count, 0,
        "names whose next owner is waited for"),
    rule<names, &R::alias_hops>(Id::alias_hops, "alias-hops", count, 0,
        "names that stand for each other in a row"),
    rule<names, &R::pattern_length>(Id::pattern_length, "pattern-length", bytes, 0,
        "bytes of a regular expression that names are sought by"),
    rule<names, &R::pattern_work>(Id::pattern_work, "pattern-work", count, 0,
        "steps that seeking them may take"),
    rule<watch, &W::watches>(Id::name_watches, "name-watches", count, 0,
        "watches of the name server"),
    rule<watch, &W::watches_per_session>(Id::name_watches_per_session, "name-watches-per-session",
        count, 0, "the same of one session"),
    rule<watch, &W::queue_bytes>(Id::name_watch_bytes, "name-watch-bytes", bytes, 1024,
        "changes of names that wait for one watch"),
    rule<watch, &W::pulls>(Id::name_watch_pulls, "name-watch-pulls", count, 1,
        "calls that wait for the next change of one watch"),
    rule<watch, &W::names_per_pull>(Id::name_watch_step, "name-watch-step", count, 1,
        "names that one call of a watch looks at"),
    rule<&L::watched_sessions>(Id::watched_sessions, "watched-sessions", count, 0,
        "sessions whose end one session wants to be told of"),
    rule<&L::sticky_per_session>(Id::sticky_names_per_session, "sticky-names-per-session", count, 0,
        "shared names of which one session stays with one daemon"),
    rule<&L::names_measured>(Id::measured_names, "measured-names", count, 0,
        "names whose calls are counted apart"),
    rule<&L::store, &StoreLimits::calls>(Id::store_calls, "store-calls", count, 1,
        "changes of names that wait for the disk"),
    rule<&L::store, &StoreLimits::bytes>(Id::store_bytes, "store-bytes", bytes, 1024,
        "their bytes"),
}};
// clang-format on

constexpr bool in_order() {
  for (std::size_t at = 0; at < table.size(); ++at)
    if (static_cast<std::size_t>(table[at].id) != at) return false;
  return true;
}
static_assert(in_order());

struct Suffix {
  std::string_view text;
  std::uint64_t factor;
};
// The largest that divides a number shows it.
constexpr std::array<Suffix, 7> byte_suffixes{{{"GiB", 1U << 30U},
                                               {"MiB", 1U << 20U},
                                               {"KiB", 1U << 10U},
                                               {"GB", 1'000'000'000},
                                               {"MB", 1'000'000},
                                               {"kB", 1000},
                                               {"B", 1}}};
constexpr std::array<Suffix, 4> time_suffixes{
    {{"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Suffix, 1> rate_suffixes{{{"/s", 1}}};

std::span<const Suffix> suffixes_of(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::bytes:
      return byte_suffixes;
    case LimitUnit::milliseconds:
      return time_suffixes;
    case LimitUnit::per_second:
      return rate_suffixes;
    case LimitUnit::count:
      break;
  }
  return {};
}

std::string_view expected_of(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::bytes:
      return "a size such as 65536, 512KiB or 64MiB";
    case LimitUnit::milliseconds:
      return "a time with its unit, such as 500ms, 10s or 1h";
    case LimitUnit::per_second:
      return "a number for each second, such as 500 or 500/s";
    case LimitUnit::count:
      break;
  }
  return "a number such as 1000";
}

// Half of what a queue of libzmq can count, and room for sums.
constexpr std::uint64_t most_count = 1'000'000'000;
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 53U;

std::uint64_t most_of(const LimitRule& rule) {
  if (rule.id == LimitId::message_size) return std::uint64_t{4} << 30U;  // what a frame can say
  return rule.unit == LimitUnit::bytes || rule.id == LimitId::pattern_work ? most_bytes
                                                                           : most_count;
}

/// Nothing if the text is no number with a suffix that fits.
std::optional<std::uint64_t> parse(LimitUnit unit, std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 18) return std::nullopt;
  const std::uint64_t number = std::stoull(std::string(text.substr(0, digits)));
  const auto suffix = text.substr(digits);
  if (suffix.empty() && unit != LimitUnit::milliseconds) return number;
  for (const auto& known : suffixes_of(unit))
    if (known.text == suffix)
      return number > std::numeric_limits<std::uint64_t>::max() / known.factor
                 ? std::numeric_limits<std::uint64_t>::max()
                 : number * known.factor;
  return std::nullopt;
}

const LimitRule& named_rule(std::string_view name) {
  std::vector<std::string> known;
  for (const auto& rule : table) {
    if (rule.name == name) return rule;
    known.emplace_back(rule.name);
  }
  const auto near = did_you_mean(name, known);
  throw std::invalid_argument(fmt::format("there is no limit {}{}", quoted(name),
                                          near.empty() ? "; --print-config shows all" : near));
}

}  // namespace

std::span<const LimitRule, limit_count> limit_rules() {
  return table;
}

const LimitRule& limit_rule(LimitId id) {
  return table[static_cast<std::size_t>(id)];
}

std::string show_limit(LimitUnit unit, std::uint64_t value) {
  if (value != 0)
    for (const auto& suffix : suffixes_of(unit))
      if (value % suffix.factor == 0)
        return fmt::format("{}{}", value / suffix.factor, suffix.text);
  return unit == LimitUnit::milliseconds ? "0ms" : std::to_string(value);
}

void set_limit(Limits& limits, std::string_view setting) {
  const auto equals = setting.find('=');
  if (equals == std::string_view::npos)
    throw std::invalid_argument(fmt::format(
        "{} sets no limit; expected NAME=VALUE, such as calls-per-session=1000", quoted(setting)));
  const LimitRule& rule = named_rule(setting.substr(0, equals));
  const auto text = setting.substr(equals + 1);
  const auto value = parse(rule.unit, text);
  if (!value)
    throw std::invalid_argument(fmt::format("the limit {} cannot be {}; expected {}", rule.name,
                                            quoted(text), expected_of(rule.unit)));
  if (*value < rule.least || *value > most_of(rule))
    throw std::invalid_argument(
        fmt::format("the limit {} cannot be {}; expected {} to {}", rule.name, quoted(text),
                    show_limit(rule.unit, rule.least), show_limit(rule.unit, most_of(rule))));
  rule.set(limits, *value);
}

}  // namespace rmi::ns
