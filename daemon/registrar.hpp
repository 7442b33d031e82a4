// The daemon's entries at the name server: entered, renewed, entered again, withdrawn.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rmi/errors.hpp>
#include <rmi/log.hpp>
#include <rmi/names.hpp>

#include "bus/connection.hpp"

namespace rmi {

/// Thread safety: thread safe. Its calls go over the connection and block for as long as the
/// broker takes, a few seconds at most.
class Registrar {
 public:
  /// @param patience  for how long one answer of the broker is waited for.
  Registrar(Connection& connection, LogSink log,
            std::chrono::milliseconds patience = std::chrono::seconds(5))
      : connection_(connection), log_(std::move(log)), patience_(patience) {}

  /// Remembers an offer and enters it if the broker is there.
  /// @throws NameTaken, Overloaded, BadArguments, AccessDenied  refused; it is forgotten again.
  void add(const NameOffer& offer);
  /// Forgets an offer and withdraws its entry. @return whether it was known.
  bool remove(std::string_view name);
  /// The same for somebody else to serve the name. A durable one stays at the broker, stale.
  void release(std::string_view name);
  /// The same for all names.
  void release_all();

  /// A session began: enters everything again. What is refused is logged and tried again with
  /// every renewal.
  void enter_all();
  /// Extends the leases, and enters what is not entered.
  void renew();

  bool all_entered() const;
  bool wait_all_entered(SteadyTime deadline);

 private:
  struct Entry {
    NameOffer offer;
    std::uint64_t registration = 0;  ///< 0: not entered
    bool in_doubt = false;           ///< or it was, and the answer did not come
  };

  template <auto Method, class Result, class Argument>
  Result call_names(std::string_view method, const Argument& argument);
  void enter(const std::string& name);
  void enter_or_log(const std::vector<std::string>& names);
  std::optional<Entry> forget(std::string_view name);
  template <auto Method>
  void give_back(std::string_view method, const Entry& entry);
  std::uint64_t ask(NameOffer offer);
  void log(const LogLine& line) const {
    if (log_) log_(line);
  }

  Connection& connection_;
  const LogSink log_;
  const std::chrono::milliseconds patience_;
  /// Held for as long as the broker is told about a name: what it is told last is what is so.
  std::mutex telling_;
  mutable std::mutex mutex_;  ///< guards what follows; after `telling_`
  std::condition_variable entered_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace rmi
