// Counting the references that others hold to objects of this process.
#include "bus/exports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "bus/random.hpp"

namespace rmi {
namespace {

constexpr std::size_t session_digits = 8;
constexpr std::size_t token_digits = 16;

template <class Number>
Number hex(std::string_view text) noexcept {
  Number number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number, 16).ptr;
  return end == text.data() + text.size() ? number : 0;
}

}  // namespace

std::uint64_t token_of(std::string_view name) noexcept {
  constexpr std::size_t at = 1 + session_digits;
  if (name.size() != at + 1 + token_digits || name[0] != '@' || name[at] != '/') return 0;
  return hex<std::uint64_t>(name.substr(at + 1));
}

Exports::Token Exports::find(const Key& key) const {
  const auto found = tokens_.find(key);
  return found == tokens_.end() ? 0 : found->second;
}

Exports::Token Exports::add(const Key& key, std::shared_ptr<ObjectQueue> queue,
                            SteadyTime::duration linger) {
  Token token = random_number();  // not to be guessed: whoever knows it may call the object
  while (token == 0 || exports_.contains(token))
    token = random_number();
  exports_.emplace(token, Export{std::move(queue), key, linger, 0, {}, {}, {}});
  tokens_[key] = token;
  return token;
}

void Exports::sent(Token token, SteadyTime lapses, std::uint32_t to) {
  const auto found = exports_.find(token);
  if (found == exports_.end()) return;
  if (found->second.unconfirmed++ == 0) ++unconfirmed_;
  found->second.lapses = std::max(found->second.lapses, lapses);
  if (to == 0) return;
  ++found->second.sent_to[to];
  hold(to, token);
}

std::shared_ptr<ObjectQueue> Exports::queue(Token token) const {
  const auto found = exports_.find(token);
  return found == exports_.end() ? nullptr : found->second.queue;
}

void Exports::confirm(Export& exported, std::uint64_t count) {
  if (exported.unconfirmed == 0) return;
  exported.unconfirmed -= std::min(exported.unconfirmed, count);
  if (exported.unconfirmed == 0) --unconfirmed_;
}

/// What came to a session was sent to it, or to nobody in particular; or a third one passed it on,
/// of which nothing was counted here.
void Exports::confirm_from(Export& exported, std::uint32_t session, std::uint64_t count) {
  if (const auto known = exported.sent_to.find(session); known != exported.sent_to.end()) {
    const std::uint64_t sent = std::min(known->second, count);
    confirm(exported, sent);
    count -= sent;
    known->second -= sent;
    if (known->second == 0) exported.sent_to.erase(known);
  }
  std::uint64_t to_others = 0;
  for (const auto& [other, sent] : exported.sent_to)
    to_others += sent;
  if (exported.unconfirmed > to_others)
    confirm(exported, std::min(count, exported.unconfirmed - to_others));
}

void Exports::drop_unused(Table::iterator at, Dropped& dropped) {
  Export& exported = at->second;
  if (exported.unconfirmed != 0 || !exported.holders.empty()) return;
  tokens_.erase(exported.key);
  dropped.push_back(std::move(exported.queue));
  exports_.erase(at);
}

bool Exports::receipt(std::uint32_t session, Token token, std::uint32_t received, bool held,
                      Dropped& dropped) {
  const auto found = exports_.find(token);
  if (found == exports_.end()) return false;
  confirm_from(found->second, session, received);
  bool fresh = false;
  if (held) {
    fresh = found->second.holders.insert(session).second && !held_by_.contains(session);
    hold(session, token);
  } else if (found->second.holders.erase(session); !found->second.sent_to.contains(session)) {
    leave(session, token);
  }
  drop_unused(found, dropped);
  return fresh;
}

void Exports::end_session(std::uint32_t session, bool may_return, SteadyTime now,
                          Dropped& dropped) {
  std::set<Token> tokens;
  if (const auto holder = held_by_.find(session); holder != held_by_.end()) tokens = holder->second;
  for (const Token token : tokens)
    leave(session, token);
  principals_.erase(session);
  for (const Token token : tokens) {
    const auto found = exports_.find(token);
    if (found == exports_.end()) continue;
    found->second.holders.erase(session);
    if (const auto known = found->second.sent_to.find(session);
        known != found->second.sent_to.end()) {
      confirm(found->second, known->second);
      found->second.sent_to.erase(known);
    }
    if (may_return && found->second.linger > SteadyTime::duration::zero()) {
      if (found->second.unconfirmed == 0) found->second.lapses = now;
      sent(token, now + found->second.linger);
    } else {
      drop_unused(found, dropped);
    }
  }
}

void Exports::lapse(SteadyTime now, Dropped& dropped) {
  for (auto at = exports_.begin(); at != exports_.end();) {
    const auto next = std::next(at);
    if (at->second.unconfirmed != 0 && at->second.lapses <= now) {
      confirm(at->second, at->second.unconfirmed);
      for (const auto& [session, sent] : std::exchange(at->second.sent_to, {}))
        if (!at->second.holders.contains(session)) leave(session, at->first);
      drop_unused(at, dropped);
    }
    at = next;
  }
}

std::size_t Exports::given_to(std::uint32_t session) const {
  const auto found = held_by_.find(session);
  return found == held_by_.end() ? 0 : found->second.size();
}

void Exports::belongs(std::uint32_t session, std::uint64_t principal) {
  const auto [known, fresh] = principals_.try_emplace(session, principal);
  const auto given = given_to(session);
  if (fresh && given != 0) given_[principal] += given;
}

std::size_t Exports::given_to_principal_of(std::uint32_t session) const {
  const auto principal = principals_.find(session);
  if (principal == principals_.end()) return 0;
  const auto given = given_.find(principal->second);
  return given == given_.end() ? 0 : given->second;
}

void Exports::hold(std::uint32_t session, Token token) {
  if (!held_by_[session].insert(token).second) return;
  if (const auto principal = principals_.find(session); principal != principals_.end())
    ++given_[principal->second];
}

/// The session has nothing to do with that one any more.
void Exports::leave(std::uint32_t session, Token token) {
  const auto holder = held_by_.find(session);
  if (holder == held_by_.end() || holder->second.erase(token) == 0) return;
  if (holder->second.empty()) held_by_.erase(holder);
  const auto principal = principals_.find(session);
  if (principal == principals_.end()) return;
  const auto given = given_.find(principal->second);
  if (--given->second == 0) given_.erase(given);
}

void Exports::clear(Dropped& dropped) {
  for (auto& [token, exported] : exports_)
    dropped.push_back(std::move(exported.queue));
  exports_.clear();
  tokens_.clear();
  held_by_.clear();
  principals_.clear();
  given_.clear();
  unconfirmed_ = 0;
}

}  // namespace rmi
