// A broker in this process, on tcp or ipc, and objects to call.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <rmi/embedded_broker.hpp>
#include <rmi/rmi.hpp>
#include <string>
#include <thread>
#include <vector>

namespace rmi_test {

using namespace std::chrono_literals;

/// Longest wait for anything that must happen.
inline constexpr auto patience = 30s;

/// A fresh folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// True as soon as the condition is; false after `patience`.
bool eventually(const std::function<bool()>& condition);

/// Lines that the library logged.
class Log {
 public:
  rmi::LogSink sink();
  bool has(const std::string& part) const { return count(part) != 0; }
  /// Lines that have it.
  std::size_t count(const std::string& part) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Options of a broker that listens at a free port, or at `endpoint`.
rmi::EmbeddedBroker::Options quiet_broker(const std::string& endpoint = "tcp://127.0.0.1:*");
rmi::Daemon::Options quiet_daemon(const std::string& broker);
rmi::Bus::Options quiet_bus(const std::string& broker);

}  // namespace rmi_test
