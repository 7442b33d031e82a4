// Puts calls aside, and makes them again.
#include "ns/durable_calls.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include <rmi/errors.hpp>

#include "bus/control.hpp"
#include "bus/name_rules.hpp"
#include "bus/object.hpp"
#include "bus/wire.hpp"

namespace rmi::ns {
namespace {

wire::View view_of(const Frame& request) {
  return std::get<wire::View>(wire::parse(request.bytes()));
}

}  // namespace

void DurableCalls::claim(const std::vector<std::string>& names, StoreChanges changes) {
  const bool blocked = is_blocked(names);
  if (!blocked && is_on_disk(changes)) return;
  check_limits(names);
  claim_ = Claim{.names = names, .changes = std::move(changes), .blocked = blocked};
  throw Postponed{};
}

bool DurableCalls::is_on_disk(const StoreChanges& changes) const {
  if (changes.empty()) return true;
  if (written_ == nullptr) return false;
  std::map<std::string_view, const StoreChange*> last;
  for (const auto& change : *written_)
    last[change.name] = &change;
  return std::all_of(changes.begin(), changes.end(), [&](const auto& change) {
    const auto at = last.find(change.name);
    return at != last.end() && *at->second == change;
  });
}

bool DurableCalls::is_blocked(const std::vector<std::string>& names) const {
  return std::any_of(names.begin(), names.end(),
                     [&](const auto& name) { return claimed_.contains(name); });
}

void DurableCalls::check_limits(const std::vector<std::string>& names) {
  const auto check = [&](LimitId limit, std::size_t used, std::size_t most) {
    if (used >= most)
      refused_.refuse(
          {.limit = limit,
           .whose = "the disk of this broker",
           .used = used,
           .most = most,
           .consequence = fmt::format("{} is not changed",
                                      names.empty() ? "nothing" : quoted(names.front()))});
  };
  check(LimitId::store_calls, size(), limits_.calls);
  check(LimitId::store_bytes, bytes_, limits_.bytes);
}

bool DurableCalls::put_aside(const LocalCaller& caller, const Frame& request) {
  if (!claim_) return false;
  put_aside(Call{.peer = caller.peer,
                 .session = caller.session,
                 .text = std::string(caller.text),
                 .principal = std::string(caller.principal),
                 .program = std::string(caller.program),
                 .max_message = caller.max_message,
                 .who = caller.who,
                 .request = Frame::copy_of(request.bytes()),
                 .names = {},
                 .changes = {},
                 .on_disk = {}});
  return true;
}

void DurableCalls::put_aside(Call call) {
  Claim claim = *std::exchange(claim_, std::nullopt);
  bytes_ += call.request.size();
  call.names = std::move(claim.names);
  call.changes = std::move(claim.changes);
  if (claim.blocked) {
    waiting_.push_back(std::move(call));
    return;
  }
  claimed_.insert(call.names.begin(), call.names.end());
  const auto ticket = ++last_ticket_;
  store_.submit(ticket, call.changes);
  writing_.emplace(ticket, std::move(call));
}

std::vector<LocalObjects::Answer> DurableCalls::take_answers(Time now, const Repeat& repeat,
                                                             const Apply& apply) {
  if (writing_.empty()) return {};
  for (const auto& done : store_.take_done()) {
    auto node = writing_.extract(done.ticket);
    Call& call = node.mapped();
    bytes_ -= call.request.size();
    for (const auto& name : call.names)
      claimed_.erase(name);
    end(std::move(call), done.error, now, repeat, apply);
    repeat_waiting(now, repeat);
  }
  return std::exchange(answers_, {});
}

void DurableCalls::end(Call call, const std::string& error, Time now, const Repeat& repeat,
                       const Apply& apply) {
  if (!error.empty()) {
    apply(call.on_disk);
    return answer(
        call, make_error({}, ErrorCode::overloaded, Outcome::not_executed,
                         fmt::format("{} is not changed: {}", quoted(call.names.front()), error)));
  }
  std::move(call.changes.begin(), call.changes.end(), std::back_inserter(call.on_disk));
  const StoreChanges on_disk = call.on_disk;
  if (call.peer == nobody) return apply(on_disk);
  written_ = &on_disk;
  const bool made = make(std::move(call), now, repeat);
  written_ = nullptr;
  if (made) apply(on_disk);
}

/// One after the other, so that those that want the same names stay in order.
void DurableCalls::repeat_waiting(Time now, const Repeat& repeat) {
  for (auto& call : std::exchange(waiting_, {}))
    if (is_blocked(call.names)) {
      waiting_.push_back(std::move(call));
    } else {
      bytes_ -= call.request.size();
      make(std::move(call), now, repeat);
    }
}

/// @return false when it was put aside once more.
bool DurableCalls::make(Call call, Time now, const Repeat& repeat) {
  try {
    answer(call, repeat({.peer = call.peer,
                         .session = call.session,
                         .text = call.text,
                         .principal = call.principal,
                         .program = call.program,
                         .max_message = call.max_message,
                         .who = call.who,
                         .now = now},
                        call.request));
    return true;
  } catch (const Postponed&) {
    put_aside(std::move(call));
    return false;
  }
}

void DurableCalls::answer(const Call& call, Frame frame) {
  if (call.peer == nobody) return;
  const wire::Header header = view_of(call.request).header;
  const bool oneway = (header.flags & wire::flag::oneway) != 0;
  if (oneway && wire::kind_of(frame) != wire::Kind::error) return;
  wire::set_call_id(frame, header.call_id);
  answers_.push_back({.to = call.peer, .frame = std::move(frame)});
}

bool DurableCalls::cancel(Peer peer, std::uint64_t call_id) {
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const Call& call) {
    return call.peer == peer && view_of(call.request).header.call_id == call_id;
  });
  if (at == waiting_.end()) return false;
  bytes_ -= at->request.size();
  waiting_.erase(at);
  return true;
}

void DurableCalls::ended(Peer peer) {
  std::erase_if(answers_, [&](const auto& answer) { return answer.to == peer; });
  for (auto& [ticket, call] : writing_)
    if (call.peer == peer) call.peer = nobody;
  std::erase_if(waiting_, [&](const Call& call) {
    if (call.peer == peer) bytes_ -= call.request.size();
    return call.peer == peer;
  });
}

}  // namespace rmi::ns
