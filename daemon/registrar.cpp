// Calls rmi.names over the daemon's own connection.
#include "daemon/registrar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace rmi {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;

template <auto Method, class Result, class Argument>
Result call_names(Connection& connection, std::string_view method, const Argument& argument) {
  const CallSpec spec{.object = "rmi.names",
                      .method = method,
                      .signature = detail::Signed<Method>::hash(),
                      .timeout = patience,
                      .no_wait = true,
                      .payload = encoded_size(argument)};
  Frame reply = connection.call(spec, [&](std::span<std::byte> into) { encode(into, argument); });
  Result result{};
  decode(wire::payload_of(reply), {}, result);
  return result;
}

/// Errors that say nothing about the offer: the broker is away, and ready() will come.
bool is_absence(const Error& error) {
  return error.code() == ErrorCode::not_connected || error.code() == ErrorCode::connection_lost ||
         error.code() == ErrorCode::draining || error.code() == ErrorCode::timeout;
}

}  // namespace

void Registrar::enter(const NameOffer& offer) {
  const auto registration = call_names<&Names::enter, std::uint64_t>(connection_, "enter", offer);
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(offer.name); found != entries_.end())
    found->second.registration = registration;
  entered_.notify_all();
}

void Registrar::add(const NameOffer& offer) {
  {
    const std::lock_guard lock(mutex_);
    entries_[offer.name] = {offer, 0};
  }
  if (!connection_.ready()) {
    log({LogLevel::warning, "broker-missing",
         fmt::format("no broker at {} yet; '{}' will be registered when there is one",
                     connection_.options().endpoint, offer.name)});
    return;
  }
  try {
    enter(offer);
  } catch (const Error& error) {
    if (is_absence(error)) return;
    const std::lock_guard lock(mutex_);
    entries_.erase(offer.name);
    throw;
  }
}

bool Registrar::remove(std::string_view name) {
  const auto registration = forget(name);
  if (registration.value_or(0) != 0) give_back<&Names::withdraw>("withdraw", *registration);
  return registration.has_value();
}

void Registrar::release(std::string_view name) {
  const auto registration = forget(name);
  if (registration.value_or(0) != 0) give_back<&Names::release>("release", *registration);
}

/// @return the number of its entry, 0 if there is none at the broker; nothing if it is not known.
std::optional<std::uint64_t> Registrar::forget(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return std::nullopt;
  const auto registration = found->second.registration;
  entries_.erase(found);
  entered_.notify_all();
  return registration;
}

void Registrar::release_all() {
  std::vector<std::uint64_t> registrations;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : std::exchange(entries_, {}))
      if (entry.registration != 0) registrations.push_back(entry.registration);
    entered_.notify_all();
  }
  for (const auto registration : registrations)
    give_back<&Names::release>("release", registration);
}

template <auto Method>
void Registrar::give_back(std::string_view method, std::uint64_t registration) {
  if (!connection_.ready()) return;  // the name went with the session
  try {
    call_names<Method, bool>(connection_, method, registration);
  } catch (const Error& error) {
    if (is_absence(error)) return;  // the same
    log({LogLevel::warning, "release-failed",
         fmt::format("cannot give a name back: {}", error.what())});
  }
}

void Registrar::enter_or_log(const NameOffer& offer) {
  try {
    enter(offer);
  } catch (const std::exception& error) {
    log({LogLevel::error, "register-failed",
         fmt::format("cannot register '{}': {}", offer.name, error.what())});
  }
}

void Registrar::enter_all() {
  std::vector<NameOffer> offers;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, entry] : entries_) {
      entry.registration = 0;
      offers.push_back(entry.offer);
    }
  }
  for (const auto& offer : offers)
    enter_or_log(offer);
}

void Registrar::renew() {
  std::vector<NameOffer> missing;
  {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) return;
    for (const auto& [name, entry] : entries_)
      if (entry.registration == 0) missing.push_back(entry.offer);
  }
  CallSpec spec;
  spec.kind = wire::Kind::renew;
  spec.timeout = patience;
  spec.no_wait = true;
  try {
    connection_.call(spec, [](std::span<std::byte>) {});
  } catch (const NotConnected&) {
    return;  // the session is over, and the next one enters everything again
  }
  for (const auto& offer : missing)
    enter_or_log(offer);
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
