// What the routing core needs of the world: a way to send, and the broker's own objects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bus/frame.hpp"
#include "ns/registry.hpp"
#include "ns/session.hpp"

namespace rmi::ns {

enum class SendResult : std::uint8_t {
  sent,
  full,  ///< the peer's queue takes no more
  gone,  ///< there is no such peer any more
};

/// The connections. Called on the routing thread only; must not block.
class Transport {
 public:
  virtual ~Transport() = default;
  /// `frame` is taken when it was sent and untouched otherwise.
  virtual SendResult send(Peer to, Frame& frame) = 0;
};

/// Who calls an object of the broker, and when.
struct LocalCaller {
  Peer peer = nobody;
  std::string_view text;  ///< "greeter[4711] on alpha"
  Time now;
};

/// The broker's own objects. Called on the routing thread only; must not block.
class LocalObjects {
 public:
  struct Result {
    Frame answer;                         ///< of kind reply or error
    std::optional<std::string> wait_for;  ///< instead: ask again when that name is served
  };
  virtual ~LocalObjects() = default;
  virtual Result call(const LocalCaller& caller, Frame& request) = 0;
};

/// What an object that changes the registry must tell, or ask, the routing core.
class NameEvents {
 public:
  virtual ~NameEvents() = default;
  /// Whether the owner of a name is still connected. If not, its names are gone on return.
  virtual bool answers(Owner owner) = 0;
  virtual void entered(const Registry::Entered& entered) = 0;
  /// @param by  who removed them, for the log.
  virtual void removed(const Registry::Registrations& registrations, std::string_view by) = 0;
};

}  // namespace rmi::ns
