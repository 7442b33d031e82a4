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

#include <rmi/errors.hpp>
#include <rmi/log.hpp>
#include <rmi/names.hpp>

#include "bus/connection.hpp"

namespace rmi {

/// Thread safety: thread safe. Its calls go over the connection and block for as long as the
/// broker takes, a few seconds at most.
class Registrar {
 public:
  Registrar(Connection& connection, LogSink log) : connection_(connection), log_(std::move(log)) {}

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
  };

  void enter(const NameOffer& offer);
  void enter_or_log(const NameOffer& offer);
  std::optional<std::uint64_t> forget(std::string_view name);
  template <auto Method>
  void give_back(std::string_view method, std::uint64_t registration);
  void log(const LogLine& line) const {
    if (log_) log_(line);
  }

  Connection& connection_;
  const LogSink log_;
  mutable std::mutex mutex_;
  std::condition_variable entered_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace rmi
