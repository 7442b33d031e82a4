// The object of rmi-echo: every kind of method that there is, each as small as can be.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rmi/blob.hpp>
#include <rmi/exception.hpp>
#include <rmi/interface.hpp>
#include <rmi/stream.hpp>

#include "daemon/programs/delays.hpp"

namespace echo {

/// An exception type with fields.
struct EchoError : std::runtime_error {
  using std::runtime_error::runtime_error;
  std::int32_t code = 0;
  std::vector<std::string> details;
};
RMI_EXCEPTION(EchoError, code, details)

/// What a method gets to know about the call that it answers.
struct CallInfo {
  std::uint32_t session = 0;
  std::string caller;     ///< "rmi-call[4711] on alpha"
  std::string principal;  ///< "anonymous"
  std::string object;
  std::string method;
  std::string correlation_id;
  std::optional<std::chrono::milliseconds> remaining;
  std::map<std::string, std::string> annotations;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(session), CEREAL_NVP(caller), CEREAL_NVP(principal), CEREAL_NVP(object),
       CEREAL_NVP(method), CEREAL_NVP(correlation_id), CEREAL_NVP(remaining),
       CEREAL_NVP(annotations));
  }
};

/// What open_counter() returns a reference to. Lives as long as somebody holds it.
/// Thread safety: thread safe.
class Counter {
 public:
  Counter() = default;
  Counter(std::int64_t start, std::shared_ptr<Delays> delays)
      : value_(start), delays_(std::move(delays)) {}
  std::int64_t add(std::int64_t n) { return value_ += n; }
  std::int64_t value() const { return value_; }
  rmi::Future<std::chrono::milliseconds> wait(std::chrono::milliseconds time) {
    return delays_->after(time);
  }

 private:
  std::atomic<std::int64_t> value_{0};
  std::shared_ptr<Delays> delays_;
};
RMI_INTERFACE(Counter, (add, rmi::params("n"), rmi::doc("The new value.")), RMI_PROPERTY(value),
              (wait, rmi::params("time"), rmi::doc("Answers after that time; who waits holds on.")))

/// Thread safety: thread safe.
class Echo {
 public:
  using Time = std::chrono::milliseconds;

  ~Echo() { stop(); }
  /// Ends all pauses, so that nothing is waited for at the end of the program.
  void stop() { delays_->stop(); }

  std::string echo(const std::string& text);
  rmi::Blob echo_bytes(const rmi::Blob& data);
  std::int32_t add(std::int32_t a, std::int32_t b);
  void error(const std::string& type, const std::string& text);
  Time slow(Time time);
  rmi::Future<Time> later(Time time);
  rmi::Stream<std::int32_t> count(std::int32_t from, std::int32_t to, std::optional<Time> pause);
  std::int64_t sum(rmi::Stream<std::int32_t> numbers);
  void note(const std::string& text);
  std::vector<std::string> notes() const;
  std::int32_t call(const rmi::Callback<std::int32_t(std::int32_t)>& function, std::int32_t value);
  rmi::Ref<Counter> open_counter(std::optional<std::int64_t> start);
  CallInfo info();

  double level() const { return level_; }
  void level(double value);
  std::uint64_t calls() const { return calls_; }

 private:
  mutable std::mutex mutex_;       // guards notes_
  std::deque<std::string> notes_;  // the last ones
  std::atomic<double> level_{0.5};
  std::atomic<std::uint64_t> calls_{0};
  std::shared_ptr<Delays> delays_ = std::make_shared<Delays>();
};

RMI_INTERFACE(
    Echo, (echo, rmi::params("text"), rmi::idempotent, rmi::doc("The text itself.")),
    (echo_bytes, rmi::params("data"), rmi::idempotent, rmi::doc("The bytes themselves.")),
    (add, rmi::params("a", "b"), rmi::idempotent, rmi::timeout(std::chrono::seconds(5)),
     rmi::doc("The sum; std::overflow_error when it is too large.")),
    (error, rmi::params("type", "text"),
     rmi::doc("Throws std::TYPE, echo::EchoError, or one `nested` in another.")),
    (slow, rmi::params("time"),
     rmi::doc("Answers after that time, or when the caller gives up; holds a thread.")),
    (later, rmi::params("time"), rmi::doc("Answers after that time; holds no thread.")),
    (count, rmi::params("from", "to", "pause"),
     rmi::doc("The numbers before `to`, with a pause between each two.")),
    (sum, rmi::params("numbers"), rmi::doc("Reads a stream to its end.")),
    (note, rmi::params("text"), rmi::oneway, rmi::doc("Keeps a note; nobody waits for it.")),
    (RMI_PROPERTY(notes), rmi::doc("The last 100 notes.")),
    (call, rmi::params("function", "value"), rmi::doc("What the caller's function returns.")),
    (open_counter, rmi::params("start"), rmi::doc("A new object, by reference.")),
    (info, rmi::doc("What the method knows about this call. Notes of the caller come back.")),
    (RMI_PROPERTY(level), rmi::doc("From 0 to 1.")),
    (RMI_PROPERTY(calls), rmi::doc("Calls of methods so far.")))

}  // namespace echo
