// Which replies are kept, and for how long.
#include "bus/kept_replies.hpp"

#include <algorithm>
#include <iterator>

namespace rmi {

void KeptReplies::introduce(std::uint64_t ticket) {
  if (callers_.contains(ticket)) return;
  used_.push_front(ticket);
  callers_[ticket].used = used_.begin();
  drop_tickets();
}

std::pair<KeptReplies::Caller*, KeptReplies::Call*> KeptReplies::find(const CallMark& mark) {
  const auto caller = callers_.find(mark.ticket);
  if (caller == callers_.end()) return {nullptr, nullptr};
  const auto call = caller->second.calls.find(mark.number);
  return {&caller->second, call == caller->second.calls.end() ? nullptr : &call->second};
}

KeptReplies::Found KeptReplies::meet(const CallMark& mark) {
  const auto [caller, call] = find(mark);
  if (caller == nullptr) return {.is = Is::unknown};
  used_.splice(used_.begin(), used_, caller->used);
  if (call == nullptr) return {.is = mark.number <= caller->dropped ? Is::unknown : Is::fresh};
  if (call->over != over_.end()) return {.is = Is::over, .reply = call->over->reply};
  if (mark.attempt <= call->attempt) return {.is = Is::late};
  call->attempt = mark.attempt;
  Job job = call->job.lock();
  return {.is = job ? Is::begun : Is::unknown, .job = std::move(job)};
}

void KeptReplies::begin(const CallMark& mark, const Job& job) {
  const auto caller = callers_.find(mark.ticket);
  if (caller == callers_.end()) return;
  ++caller->second.begun;
  caller->second.calls[mark.number] = {mark.attempt, job, over_.end()};
}

void KeptReplies::forget(const CallMark& mark) {
  const auto [caller, call] = find(mark);
  if (call == nullptr || call->over != over_.end()) return;
  --caller->begun;
  caller->calls.erase(mark.number);
}

void KeptReplies::finish(const CallMark& mark, Reply reply) {
  const auto [caller, call] = find(mark);
  if (call == nullptr || call->over != over_.end()) return;
  --caller->begun;
  bytes_ += reply->size();
  over_.push_back({mark.ticket, mark.number, std::move(reply)});
  call->over = std::prev(over_.end());
  while (over_.size() > limits_.replies || bytes_ > limits_.bytes)
    drop_oldest_reply();
  drop_tickets();  // a call that was not over may have kept one
}

void KeptReplies::drop_oldest_reply() {
  const Over& oldest = over_.front();
  Caller& caller = callers_.at(oldest.ticket);
  caller.dropped = std::max(caller.dropped, oldest.number);
  caller.calls.erase(oldest.number);
  bytes_ -= oldest.reply->size();
  over_.pop_front();
}

/// Those that were used least recently go, with their replies; but none with a call that is not
/// over.
void KeptReplies::drop_tickets() {
  for (auto at = used_.end(); callers_.size() > limits_.tickets && at != used_.begin();) {
    --at;
    const auto caller = callers_.find(*at);
    if (caller->second.begun != 0) continue;
    for (const auto& [number, call] : caller->second.calls) {
      bytes_ -= call.over->reply->size();
      over_.erase(call.over);
    }
    callers_.erase(caller);
    at = used_.erase(at);
  }
}

}  // namespace rmi
