// The working part of a daemon: a bus, the names of its objects at the broker, and an orderly end.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include <rmi/daemon.hpp>

#include "bus/connection.hpp"
#include "bus/event_fd.hpp"
#include "bus/host.hpp"
#include "daemon/listener.hpp"
#include "daemon/registrar.hpp"
#include "daemon/service_manager.hpp"

namespace rmi {

/// Thread safety: thread safe, except run().
class Daemon::Impl {
 public:
  explicit Impl(Options options);
  ~Impl();

  Uri serve(std::string_view name, detail::ObjectDescription description, ServeOptions options);
  bool unserve(std::string_view name);
  void run();
  void stop() noexcept;
  Registrar& registrar() noexcept { return *registrar_; }
  Bus& bus() noexcept { return *bus_; }
  const std::string& direct_endpoint() const noexcept { return direct_endpoint_; }

 private:
  SteadyTime tick(SteadyTime now);
  void drain();
  void on_drain(Host& host, const std::string& object);

  const Options options_;
  EventFd stop_;
  std::atomic<Registrar*> registrar_ready_{nullptr};  ///< set once the registrar is built
  std::chrono::milliseconds renewal_{};               ///< belongs to the connection's thread
  SteadyTime next_renewal_;                           ///< the same
  DirectLinks* links_ = nullptr;                      ///< of the bus; set before registrar_ready_
  /// Its own threads do not read it: it is null while they end.
  std::unique_ptr<Bus> bus_;
  std::optional<Registrar> registrar_;
  std::shared_ptr<Listener> listener_;  ///< null if it does not listen
  bool said_goodbye_ = false;
  std::string direct_endpoint_;
};

}  // namespace rmi
