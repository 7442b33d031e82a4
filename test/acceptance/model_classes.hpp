// Instances, properties, and what is exposed of a class.
#pragma once

#include <atomic>
#include <cstdint>
#include <rmi/rmi.hpp>
#include <stdexcept>
#include <string>

#include "model_record.hpp"

namespace model {

/// Tells which instance it is. Served as `single`, `session`, `percall`, `created`, `refuses`,
/// `null`.
class Instance {
 public:
  explicit Instance(std::string label = "plain") : label_(std::move(label)), number_(++made_) {}
  std::uint64_t number() { return number_; }
  int next() { return ++calls_; }
  int calls() const { return calls_; }
  std::string label() { return label_; }

 private:
  static inline std::atomic<std::uint64_t> made_{0};
  const Counted counted_{"instance"};
  std::string label_;
  std::uint64_t number_;
  int calls_ = 0;
};
RMI_INTERFACE(Instance, number, next, label)

/// Served as `thermo`, one for each session.
class Thermo {
 public:
  double level = 1.5;
  std::string serial = "T-1";
  const int year = 2024;
  int get_target() const { return target_; }
  void set_target(int target) {
    if (target > 100) throw std::out_of_range("too hot: " + std::to_string(target));
    target_ = target;
  }
  bool hot() const { return level > 30; }
  std::string unlisted = "not for you";

 private:
  int target_ = 20;
};
RMI_INTERFACE(Thermo, level, (serial, rmi::readonly), year,
              RMI_PROPERTY(target, get_target, set_target), RMI_PROPERTY(hot))

/// Served as `safe`.
class Safe {
 public:
  int listed() { return 1; }
  int unlisted() { return secret(); }

 private:
  int secret() { return 3; }
};
RMI_INTERFACE(Safe, listed)

struct Employee {
  virtual ~Employee() = default;
  virtual std::string title() { return "employee"; }
  int salary = 100;
};
RMI_INTERFACE(Employee, title, salary)
/// Served as `manager`.
struct Manager : Employee {
  std::string title() override { return "manager"; }
  int reports() { return 7; }
};
RMI_INTERFACE(Manager, rmi::extends<Employee>, reports)

struct Reader {
  virtual ~Reader() = default;
  virtual std::string read() = 0;
};
RMI_INTERFACE(Reader, read)
struct Writer {
  virtual ~Writer() = default;
  virtual void write(const std::string& text) = 0;
};
RMI_INTERFACE(Writer, write)
/// Served as `disk`, through both.
struct Disk : Reader, Writer {
  std::string read() override { return text; }
  void write(const std::string& given) override { text = given; }
  std::string text;
};

}  // namespace model

namespace vendor {

/// Of somebody else's library, which knows nothing of rmibus. Served as `pump`.
class Pump {
 public:
  int run(int turns) { return total_ += turns; }
  void explode() {}

 private:
  int total_ = 0;
};

}  // namespace vendor
namespace vendor {
RMI_INTERFACE(Pump, run)
}  // namespace vendor
