// Bookkeeping of callers' sessions.
#include "bus/sessions.hpp"

#include <utility>

namespace rmi {

bool Sessions::keep(std::uint32_t session) {
  const std::lock_guard lock(mutex_);
  return sessions_.try_emplace(session).second;
}

std::shared_ptr<Sessions::Door> Sessions::door(std::uint32_t session) {
  const std::lock_guard lock(mutex_);
  auto& door = sessions_[session].door;
  if (!door) door = std::make_shared<Door>();
  return door;
}

std::uint64_t Sessions::at_end(std::uint32_t session, std::function<void()> act) {
  const std::lock_guard lock(mutex_);
  sessions_[session].acts.emplace(++last_, std::move(act));
  return last_;
}

bool Sessions::forget(std::uint32_t session, std::uint64_t number) {
  std::function<void()> forgotten;  // destroyed after the lock is given back
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return false;
  const auto act = found->second.acts.find(number);
  if (act == found->second.acts.end()) return false;
  forgotten = std::move(act->second);
  found->second.acts.erase(act);
  return true;
}

std::shared_ptr<const SessionInfo> Sessions::known(std::uint32_t session) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : found->second.info;
}

void Sessions::learn(const SessionInfo& info) {
  const std::lock_guard lock(mutex_);
  sessions_[info.number].info = std::make_shared<const SessionInfo>(info);
}

Sessions::Ended Sessions::end(std::uint32_t session) {
  const std::lock_guard lock(mutex_);
  auto node = sessions_.extract(session);
  Ended ended;
  if (node.empty()) return ended;
  ended.known = true;
  Session& over = node.mapped();
  ended.let_in = over.door && over.door->asked && over.door->refused.empty();
  for (auto at = over.acts.rbegin(); at != over.acts.rend(); ++at)
    ended.acts.push_back(std::move(at->second));
  return ended;
}

std::vector<std::uint32_t> Sessions::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, session] : sessions_)
    numbers.push_back(number);
  return numbers;
}

}  // namespace rmi
