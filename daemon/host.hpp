// The working part of a daemon: connection, worker threads, schedule and objects together.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <rmi/daemon.hpp>

#include "bus/connection.hpp"
#include "daemon/object.hpp"
#include "daemon/registrar.hpp"
#include "daemon/scheduler.hpp"

namespace rmi {

/// Each worker takes turns at the socket (see Channel): it receives a call, and runs it itself if
/// the schedule allows. There is one worker more than may run methods, so that somebody always
/// receives: a call that has to wait is queued with its time of arrival.
///
/// Thread safety: thread safe, except run().
class Daemon::Impl {
 public:
  explicit Impl(Options options);
  ~Impl();

  Uri serve(std::string_view name, detail::ObjectDescription description, ServeOptions options);
  bool unserve(std::string_view name);
  void run();
  void stop() noexcept;
  Registrar& registrar() noexcept { return registrar_; }
  const std::string& broker() const noexcept { return connection_.options().endpoint; }

 private:
  using Running = Scheduler::Running;

  void work();
  std::optional<Running> accept(Channel::Request request);
  std::optional<Running> execute(Running running);
  void refuse(const wire::View& call, Link link, bool known);
  void report_expired(Scheduler::Expired expired, SteadyTime now);
  SteadyTime tick(SteadyTime now);
  void wake_for(SteadyTime expiry);
  void drain();
  void log(LogLevel level, const std::string& text) const {
    if (options_.log) options_.log(level, text);
  }

  const Options options_;
  const ServedObject::Place place_;
  const int stop_fd_;
  std::atomic<bool> draining_{false};
  std::atomic<SteadyTime> next_wake_{SteadyTime::max()};
  std::atomic<Registrar*> registrar_ready_{nullptr};  ///< set once the registrar is built
  SteadyTime next_renewal_;                           ///< belongs to the connection's thread

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable idle_;
  Scheduler scheduler_;
  std::map<std::string, std::shared_ptr<ObjectQueue>, std::less<>> objects_;

  Connection connection_;
  Registrar registrar_;
  std::vector<std::thread> workers_;
};

}  // namespace rmi
