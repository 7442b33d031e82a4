// What is kept for each caller's session until it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <rmi/annotations.hpp>
#include <rmi/broker_control.hpp>

namespace rmi {

/// What a service wants to know of the sessions of its callers.
struct SessionHooks {
  /// Called before the first call of a session runs, with what the session says of itself
  /// (Bus::Options::session_data). What it returns comes with the answer of that call, as notes.
  /// What it throws refuses the session: its calls fail with AccessDenied and that text.
  std::function<Annotations(const SessionInfo& session, const Annotations& data)> on_session{};
  /// Called when a session ends that on_session let in. Must not throw.
  std::function<void(std::uint32_t session)> on_session_end{};
};

/// Thread safety: thread safe.
class Sessions {
 public:
  /// The way into a session: one thread at a time asks whether it may be let in.
  struct Door {
    std::mutex asking;
    bool asked = false;      ///< under asking, as what follows
    std::string refused{};   ///< why not; empty if it is let in
    Annotations greeting{};  ///< for the first answer
  };
  using Acts = std::vector<std::function<void()>>;

  /// Notes that something depends on that session. @return whether nothing did before: its end must
  /// be watched for.
  bool keep(std::uint32_t session);
  std::shared_ptr<Door> door(std::uint32_t session);
  std::uint64_t at_end(std::uint32_t session, std::function<void()> act);
  bool forget(std::uint32_t session, std::uint64_t number);

  /// Who that is, if it was asked before.
  std::shared_ptr<const SessionInfo> known(std::uint32_t session) const;
  void learn(const SessionInfo& info);

  struct Ended {
    bool known = false;
    bool let_in = false;  ///< the hook was asked and agreed
    Acts acts;            ///< in the order in which they were asked for, the last one first
  };
  Ended end(std::uint32_t session);
  std::vector<std::uint32_t> all() const;

 private:
  struct Session {
    std::map<std::uint64_t, std::function<void()>> acts;
    std::shared_ptr<Door> door;
    std::shared_ptr<const SessionInfo> info;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint32_t, Session> sessions_;
  std::uint64_t last_ = 0;
};

}  // namespace rmi
