// A weather station that answers when it knows.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <rmi/future.hpp>
#include <rmi/interface.hpp>

/// Thread safe, so that it can be called while earlier calls wait for their answer.
class Weather {
 public:
  /// @throws std::out_of_range  nobody measures there.
  double degrees(const std::string& city) const {
    const std::lock_guard lock(mutex_);
    return degrees_.at(city);
  }

  /// What is measured there as soon as it is not `known` any more: no thread waits for it.
  rmi::Future<double> changed(const std::string& city, double known) {
    const std::lock_guard lock(mutex_);
    rmi::Promise<double> answer;
    auto future = answer.get_future();
    if (const double now = degrees_.at(city); now != known)
      answer.set_value(now);
    else
      waiting_[city].push_back(std::move(answer));
    return future;
  }

  void measure(const std::string& city, double degrees) {
    std::unique_lock lock(mutex_);
    degrees_[city] = degrees;
    auto waiting = std::exchange(waiting_[city], {});
    lock.unlock();
    for (auto& promise : waiting)
      promise.set_value(degrees);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> degrees_{{"Oslo", -2}, {"Pune", 31}, {"Quito", 15}};
  std::map<std::string, std::vector<rmi::Promise<double>>> waiting_;
};
RMI_INTERFACE(Weather, degrees, changed, measure)
