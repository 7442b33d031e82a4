// Pulls of readers, and what they get.
#include "ns/name_sources.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>

#include "bus/control.hpp"
#include "bus/name_rules.hpp"
#include "bus/random.hpp"

namespace rmi::ns {
namespace {

/// What a receiver of references says of one.
struct Receipt {
  std::string object;
  std::uint32_t received = 0;
  bool held = false;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(object, received, held);
  }
};

// Room for the header and the lengths in a chunk.
constexpr std::size_t frame_overhead = 256;

std::uint64_t token_in(std::string_view private_name) {
  const auto digits =
      private_name.substr(std::min(private_name.size(), private_name.find('/') + 1));
  std::uint64_t token = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), token, 16);
  return token;
}

LocalObjects::Result refusal(const wire::View& request, ErrorCode code, const std::string& text) {
  LocalObjects::Result result;
  result.answer =
      make_error({.call_id = request.header.call_id}, code, Outcome::not_executed, text);
  return result;
}

LocalObjects::Result nothing() {
  LocalObjects::Result result;
  result.answer = wire::build({.kind = wire::Kind::reply}, {}, {}, 0);
  return result;
}

LocalObjects::Result no_method(const wire::View& request) {
  return refusal(
      request, ErrorCode::method_not_found,
      fmt::format("{} has no method {}", quoted(request.object), quoted(request.method)));
}

}  // namespace

NameSources::NameSources(Registry& registry, const RegistryLimits& names, const WatchLimits& limits)
    : registry_(registry), name_limits_(names), limits_(limits) {
  registry_.observe(*this);
}

NameSources::~NameSources() {
  registry_.forget(*this);
}

std::string NameSources::open(const LocalCaller& caller, const NameFilter& filter) {
  const auto check = [&](LimitId limit, std::string_view whose, std::size_t used,
                         std::size_t most) {
    if (used >= most) refused_.refuse({limit, whose, used, most, 1, "the names are not watched"});
  };
  check(LimitId::name_watches, "this broker", sources_.size(), limits_.watches);
  const auto owned = per_owner_.find(caller.peer);
  check(LimitId::name_watches_per_session, caller.text,
        owned == per_owner_.end() ? 0 : owned->second, limits_.watches_per_session);
  Source source{.owner = caller.peer,
                .feed = NameFeed(filter, name_limits_, limits_),
                .waiting = {},
                .last_sequence = {},
                .last_chunk = {}};
  std::uint64_t token = 0;
  while (token == 0 || sources_.contains(token))
    token = random_number();
  sources_.emplace(token, std::move(source));
  ++per_owner_[caller.peer];
  return private_name(0, token);
}

LocalObjects::Result NameSources::call(const LocalCaller& caller, const wire::View& request) {
  now_ = caller.now;
  if (request.object == session_name(0)) return call_broker(caller, request);
  const auto at = sources_.find(token_in(request.object));
  if (at == sources_.end())
    return refusal(
        request, ErrorCode::name_not_found,
        fmt::format("the broker has no object {}, or has it no more", quoted(request.object)));
  if (request.method == "rmi.ping") return nothing();
  return request.method == "next" ? next(caller, request, at) : no_method(request);
}

LocalObjects::Result NameSources::call_broker(const LocalCaller& caller,
                                              const wire::View& request) {
  if (request.method == "rmi.ping") return nothing();
  if (request.method != "rmi.refs") return no_method(request);
  try {
    take_receipts(caller, request);
  } catch (const DecodeError& error) {
    return refusal(request, ErrorCode::bad_arguments,
                   fmt::format("these receipts cannot be read: {}", error.what()));
  }
  return nothing();
}

void NameSources::take_receipts(const LocalCaller& caller, const wire::View& request) {
  std::vector<Receipt> receipts;
  decode(request.payload, {}, receipts);
  for (const auto& receipt : receipts) {
    const auto at = sources_.find(token_in(receipt.object));
    if (at != sources_.end() && at->second.owner == caller.peer && !receipt.held)
      close(at, ErrorCode::name_not_found, "whoever watched these names has stopped");
  }
}

LocalObjects::Result NameSources::next(const LocalCaller& caller, const wire::View& request,
                                       Sources::iterator at) {
  std::uint64_t sequence = 0;
  std::uint32_t max_items = 0;
  std::uint32_t max_bytes = 0;
  try {
    decode(request.payload, {}, sequence, max_items, max_bytes);
  } catch (const DecodeError& error) {
    return refusal(request, ErrorCode::bad_arguments,
                   fmt::format("the arguments of next cannot be decoded: {}; expected next(u64, "
                               "u32, u32)",
                               error.what()));
  }
  Source& source = at->second;
  if (source.last_sequence && sequence <= *source.last_sequence) {
    if (sequence < *source.last_sequence)
      return refusal(request, ErrorCode::bad_arguments,
                     fmt::format("chunk {} is kept no more; the last one was {}", sequence,
                                 *source.last_sequence));
    LocalObjects::Result again;
    again.answer = Frame::copy_of(std::as_const(source.last_chunk).bytes());
    return again;
  }
  if (source.waiting.contains(sequence))
    return refusal(request, ErrorCode::bad_arguments,
                   fmt::format("chunk {} is asked for already", sequence));
  if (source.waiting.size() >= limits_.pulls)
    return refusal(request, ErrorCode::overloaded,
                   refused_.count({LimitId::name_watch_pulls, caller.text, source.waiting.size(),
                                   limits_.pulls, 1, "ask when a chunk has come"}));
  Pull pull{.peer = caller.peer,
            .call_id = request.header.call_id,
            .max_items = max_items,
            .max_bytes = std::min<std::size_t>(
                max_bytes, caller.max_message - std::min(caller.max_message, frame_overhead)),
            .deadline = {}};
  if (request.header.remaining_ms != 0) {
    pull.deadline = caller.now + std::chrono::milliseconds(request.header.remaining_ms);
    earliest_ = std::min(earliest_.value_or(*pull.deadline), *pull.deadline);
  }
  source.waiting.emplace(sequence, pull);
  ++pulls_;
  if (!answer_waiting(source, caller.now)) close_overflowed(at);
  LocalObjects::Result result;
  result.later = true;
  return result;
}

/// @return false when the source has nothing more to give.
bool NameSources::answer_waiting(Source& source, Time now) {
  while (!source.waiting.empty()) {
    if (source.feed.overflowed()) return false;
    const Pull& pull = source.waiting.begin()->second;
    const auto items = source.feed.take(registry_, pull.max_items, pull.max_bytes, now);
    // While the entries that are there are read an empty chunk says: ask on.
    if (items.empty() && source.feed.listed()) break;
    send_chunk(source, items);
  }
  return true;
}

/// Answers the first that waits.
void NameSources::send_chunk(Source& source, const std::vector<NameChange>& items) {
  const auto first = source.waiting.extract(source.waiting.begin());
  --pulls_;
  const bool end = false;
  Frame frame = wire::build({.kind = wire::Kind::reply, .call_id = first.mapped().call_id}, {}, {},
                            encoded_size(items, end));
  encode(wire::payload_of(frame), items, end);
  source.last_sequence = first.key();
  source.last_chunk = Frame::copy_of(std::as_const(frame).bytes());
  answers_.push_back({.to = first.mapped().peer, .frame = std::move(frame)});
}

/// An empty chunk for each whose time is over, and for those before it, to keep the order.
void NameSources::answer_due(Source& source, Time now) {
  const auto due = std::find_if(source.waiting.rbegin(), source.waiting.rend(), [&](const auto& w) {
    return w.second.deadline && *w.second.deadline <= now;
  });
  for (auto number = std::distance(due, source.waiting.rend()); number > 0; --number)
    send_chunk(source, {});
  for (const auto& [sequence, pull] : source.waiting)
    if (pull.deadline) earliest_ = std::min(earliest_.value_or(*pull.deadline), *pull.deadline);
}

std::vector<LocalObjects::Answer> NameSources::take_answers(Time now) {
  now_ = now;
  if (std::exchange(changed_, false))
    for (auto at = sources_.begin(); at != sources_.end();) {
      const auto source = at++;
      if (!answer_waiting(source->second, now)) close_overflowed(source);
    }
  if (earliest_ && *earliest_ <= now) {
    earliest_.reset();
    for (auto& [token, source] : sources_)
      answer_due(source, now);
  }
  return std::exchange(answers_, {});
}

std::optional<Time> NameSources::next_answer() const {
  return pulls_ == 0 ? std::nullopt : earliest_;
}

bool NameSources::cancel(Peer peer, std::uint64_t call_id) {
  if (pulls_ == 0) return false;
  for (auto& [token, source] : sources_)
    for (const auto& [sequence, pull] : source.waiting)
      if (pull.peer == peer && pull.call_id == call_id) {
        source.waiting.erase(sequence);
        --pulls_;
        return true;
      }
  return false;
}

void NameSources::ended(Peer peer) {
  if (sources_.empty()) return;
  forget_pulls(peer);
  if (!per_owner_.contains(peer)) return;
  for (auto at = sources_.begin(); at != sources_.end();) {
    const auto source = at++;
    if (source->second.owner == peer)
      close(source, ErrorCode::name_not_found, "the session that watched these names has ended");
  }
}

void NameSources::forget_pulls(Peer peer) {
  std::erase_if(answers_, [&](const auto& answer) { return answer.to == peer; });
  for (auto& [token, source] : sources_)
    pulls_ -=
        std::erase_if(source.waiting, [&](const auto& pull) { return pull.second.peer == peer; });
}

/// Pulls that wait get the text.
void NameSources::close(Sources::iterator at, ErrorCode code, const std::string& text) {
  for (const auto& [sequence, pull] : at->second.waiting)
    answers_.push_back(
        {.to = pull.peer,
         .frame = make_error({.call_id = pull.call_id}, code, Outcome::not_executed, text)});
  pulls_ -= at->second.waiting.size();
  const auto owned = per_owner_.find(at->second.owner);
  if (--owned->second == 0) per_owner_.erase(owned);
  sources_.erase(at);
}

void NameSources::close_overflowed(Sources::iterator at) {
  const auto most = limits_.queue_bytes;
  close(at, ErrorCode::overloaded,
        refused_.count({LimitId::name_watch_bytes, "this watch", most, most, 1,
                        "the watcher fell behind; watch again"}));
}

void NameSources::on_change(NameEvent what, const Registration& registration,
                            const std::set<std::string>& former_tags) {
  if (sources_.empty()) return;
  auto described = registry_.describe(registration, now_);
  if (what == NameEvent::removed) described.lease_ms = 0;
  const auto entry = std::make_shared<const NameEntry>(std::move(described));
  for (auto& [token, source] : sources_)
    source.feed.on_change(what, registration, former_tags, entry);
  changed_ = true;
}

}  // namespace rmi::ns
