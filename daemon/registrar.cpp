// Calls rmi.names over the daemon's own connection.
#include "daemon/registrar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace rmi {
namespace {

/// Errors that say nothing about the offer: the broker is away, and ready() will come.
bool is_absence(const Error& error) {
  return error.code() == ErrorCode::not_connected || error.code() == ErrorCode::connection_lost ||
         error.code() == ErrorCode::draining || error.code() == ErrorCode::timeout;
}

}  // namespace

template <auto Method, class Result, class Argument>
Result Registrar::call_names(std::string_view method, const Argument& argument) {
  const CallSpec spec{.object = "rmi.names",
                      .method = method,
                      .signature = detail::Signed<Method>::hash(),
                      .timeout = patience_,
                      .no_wait = true,
                      .payload = encoded_size(argument)};
  Frame reply = connection_.call(spec, [&](std::span<std::byte> into) { encode(into, argument); });
  Result result{};
  decode(wire::payload_of(reply), {}, result);
  return result;
}

/// Does nothing when the name has been given back meanwhile.
void Registrar::enter(const std::string& name) {
  const std::lock_guard telling(telling_);
  NameOffer offer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    offer = found->second.offer;
  }
  std::uint64_t registration = 0;
  bool in_doubt = false;
  std::exception_ptr failure;
  try {
    registration = call_names<&Names::enter, std::uint64_t>("enter", offer);
  } catch (const Error& error) {
    in_doubt = error.outcome() != Outcome::not_executed;
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);  // nobody forgets it while the broker is told
    Entry& entry = entries_.find(name)->second;
    entry.registration = registration;
    entry.in_doubt = in_doubt;
    entered_.notify_all();
  }
  if (failure) std::rethrow_exception(failure);
}

void Registrar::add(const NameOffer& offer) {
  {
    const std::lock_guard lock(mutex_);
    entries_[offer.name] = {offer};
  }
  if (!connection_.ready()) {
    log({LogLevel::warning, "broker-missing",
         fmt::format("no broker at {} yet; '{}' will be registered when there is one",
                     connection_.options().endpoint, offer.name)});
    return;
  }
  try {
    enter(offer.name);
  } catch (const Error& error) {
    if (is_absence(error)) return;
    const std::lock_guard telling(telling_);
    const std::lock_guard lock(mutex_);
    entries_.erase(offer.name);
    throw;
  }
}

bool Registrar::remove(std::string_view name) {
  const std::lock_guard telling(telling_);
  const auto entry = forget(name);
  if (entry) give_back<&Names::withdraw>("withdraw", *entry);
  return entry.has_value();
}

void Registrar::release(std::string_view name) {
  const std::lock_guard telling(telling_);
  if (const auto entry = forget(name)) give_back<&Names::release>("release", *entry);
}

/// Precondition: telling_ is held.
std::optional<Registrar::Entry> Registrar::forget(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return std::nullopt;
  Entry entry = std::move(found->second);
  entries_.erase(found);
  entered_.notify_all();
  return entry;
}

void Registrar::release_all() {
  const std::lock_guard telling(telling_);
  std::map<std::string, Entry, std::less<>> entries;
  {
    const std::lock_guard lock(mutex_);
    entries.swap(entries_);
    entered_.notify_all();
  }
  for (const auto& [name, entry] : entries)
    give_back<&Names::release>("release", entry);
}

/// Precondition: telling_ is held.
template <auto Method>
void Registrar::give_back(std::string_view method, const Entry& entry) {
  if (!connection_.ready()) return;  // the name went with the session
  try {
    const auto registration = entry.in_doubt ? ask(entry.offer) : entry.registration;
    if (registration != 0) call_names<Method, bool>(method, registration);
  } catch (const NameTaken&) {  // by somebody else: it was not entered
  } catch (const Error& error) {
    if (is_absence(error)) return;  // the same
    log({LogLevel::warning, "release-failed",
         fmt::format("cannot give '{}' back: {}", entry.offer.name, error.what())});
  }
}

/// @return the number of an entry that is there perhaps: what is entered again keeps it.
std::uint64_t Registrar::ask(NameOffer offer) {
  if (offer.mode == NameMode::replace) offer.mode = NameMode::safe;  // takes it from nobody
  return call_names<&Names::enter, std::uint64_t>("enter", offer);
}

void Registrar::enter_or_log(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    try {
      enter(name);
    } catch (const ConnectionLost&) {
      return;  // the next session enters everything again
    } catch (const NotConnected&) {
      return;
    } catch (const std::exception& error) {
      log({LogLevel::error, "register-failed",
           fmt::format("cannot register '{}': {}", name, error.what())});
    }
  }
}

void Registrar::enter_all() {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, entry] : entries_) {
      entry.registration = 0;
      entry.in_doubt = false;  // the session in which it may have been entered is over
      names.push_back(name);
    }
  }
  enter_or_log(names);
}

void Registrar::renew() {
  std::vector<std::string> missing;
  {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) return;
    for (const auto& [name, entry] : entries_)
      if (entry.registration == 0) missing.push_back(name);
  }
  CallSpec spec;
  spec.kind = wire::Kind::renew;
  spec.timeout = patience_;
  spec.no_wait = true;
  try {
    connection_.call(spec, [](std::span<std::byte>) {});
  } catch (const ConnectionLost&) {
    return;  // the session is over, and the next one enters everything again
  } catch (const NotConnected&) {
    return;
  }
  enter_or_log(missing);
}

bool Registrar::all_entered() const {
  const std::lock_guard lock(mutex_);
  return connection_.ready() && std::ranges::none_of(entries_, [](const auto& item) {
           return item.second.registration == 0;
         });
}

bool Registrar::wait_all_entered(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  return entered_.wait_until(lock, deadline, [this] {
    return connection_.ready() && std::ranges::none_of(entries_, [](const auto& item) {
             return item.second.registration == 0;
           });
  });
}

}  // namespace rmi
