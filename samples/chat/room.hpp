// A chat room: everybody hears what anybody says.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include <rmi/context.hpp>
#include <rmi/interface.hpp>

class Room {
 public:
  using Hear = rmi::Callback<void(std::string)>;

  /// @throws std::invalid_argument  somebody here has that name.
  void enter(const std::string& name, const Hear& hear) {
    const auto session = rmi::context().session();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [other, member] : members_)
        if (member.name == name) throw std::invalid_argument(name + " is here already");
      members_[session] = {name, hear};
    }
    // Also when a program just dies: nobody stays as a ghost.
    rmi::context().at_session_end([this, session] { leave(session); });
    tell(name + " enters");
  }

  void say(const std::string& text) { tell(name_of(rmi::context().session()) + ": " + text); }

 private:
  struct Member {
    std::string name;
    Hear hear;
  };

  std::string name_of(std::uint32_t session) {
    const std::lock_guard lock(mutex_);
    return members_.at(session).name;
  }
  void leave(std::uint32_t session) {
    const std::string name = name_of(session);
    {
      const std::lock_guard lock(mutex_);
      members_.erase(session);
    }
    tell(name + " leaves");
  }
  void tell(const std::string& text) {
    const std::lock_guard lock(mutex_);
    for (const auto& [session, member] : members_)
      member.hear.post(text);  // waits for nobody
  }

  std::mutex mutex_;  // sessions end at any time
  std::map<std::uint32_t, Member> members_;
};
RMI_INTERFACE(Room, enter, say)
