// Ways to call, contexts, chains of calls, sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <rmi/rmi.hpp>
#include <string>
#include <vector>

#include "model_record.hpp"

namespace model {

/// Served as `serial` and, concurrent, as `parallel`.
class Worker {
 public:
  /// Takes that long. The record `overlap` keeps how many ran at once.
  int pause(int milliseconds);
  /// The same without an answer; then notes the text as `posts`.
  void post(int milliseconds, const std::string& text);
  /// Waits until the gate is opened, or until it is told to stop; counts hold.begun, hold.ended and
  /// hold.stopped.
  bool hold(const std::string& gate);
  int add(int number) { return sum_ += number; }
  int fail(const std::string& text);
  /// Milliseconds until the caller stops waiting.
  std::int64_t remaining();
  std::int64_t remaining_at(const std::string& other);
  /// Answered later, by release().
  rmi::Future<int> later();
  int release(int value);
  std::int64_t pid();

 private:
  std::atomic<int> sum_{0};
  std::atomic<int> running_{0};
  std::mutex mutex_;
  std::vector<rmi::Promise<int>> promises_;
};
RMI_INTERFACE(Worker, pause, (post, rmi::oneway), hold, add, fail, remaining, remaining_at, later,
              release, pid)

/// Calls others and is called by them; takes one call at a time. Served as `node.a` and `node.b`.
class Node {
 public:
  /// Calls the other one, which calls this one, and so on. @return how many calls there were.
  int bounce(const std::string& other, int times);
  int call(const rmi::Callback<int(int)>& function, int value) { return function(value); }
  int visit() { return ++visits_; }
  /// The correlation id here and at each node of the route. Throws at the end of the last one when
  /// that is `!`, so that all of them log it.
  std::vector<std::string> trace(const std::vector<std::string>& route);

 private:
  int visits_ = 0;
};
RMI_INTERFACE(Node, bounce, call, visit, trace)

/// Shows the context of its calls. Served as `notes`.
class Notes {
 public:
  std::map<std::string, std::string> received();
  void answer(const std::string& key, const std::string& value);
  std::uint32_t session() { return rmi::context().session(); }
  std::string program() { return rmi::context().caller().program; }
  std::string called() {
    return std::string(rmi::context().object()) + '.' + std::string(rmi::context().method());
  }
  /// Counts the key when the caller's session ends. @return a number for untrack().
  std::uint64_t track(const std::string& key);
  bool untrack(std::uint64_t number) { return rmi::context().forget(number); }
};
RMI_INTERFACE(Notes, received, answer, session, program, called, track, untrack)

}  // namespace model
