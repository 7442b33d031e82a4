// What happened in the process of the service, and gates at which its methods wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <rmi/rmi.hpp>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace model {

/// One for the process, since objects come and go. Thread safety: thread safe.
class Record {
 public:
  static Record& of_process();

  // For callers.
  std::int64_t count(const std::string& key);
  std::vector<std::string> notes(const std::string& key);
  void open(const std::string& gate);
  void reset();

  // For the classes of the service.
  void add(const std::string& key, std::int64_t by = 1);
  void note(const std::string& key, const std::string& text);
  /// Keeps the largest.
  void most(const std::string& key, std::int64_t value);
  /// @return false if it was told to stop instead, or if the time was over.
  bool wait_at(const std::string& gate, const std::stop_token& stop,
               std::chrono::milliseconds longest = std::chrono::hours(1));

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::int64_t> counts_;
  std::map<std::string, std::vector<std::string>> notes_;
  std::set<std::string> open_;
};
RMI_INTERFACE(Record, count, notes, open, reset)

/// Counts the objects of a kind that are there: KEY.made and KEY.gone.
class Counted {
 public:
  explicit Counted(std::string key) : key_(std::move(key)) {
    Record::of_process().add(key_ + ".made");
  }
  ~Counted() { Record::of_process().add(key_ + ".gone"); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::string key_;
};

}  // namespace model
