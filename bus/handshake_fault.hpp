// Why two ends of a link did not come together, for people.
#pragma once

#include <string>

#include "bus/keys.hpp"
#include "bus/link_socket.hpp"

namespace rmi {

struct HandshakeFault {
  std::string text;
  bool by_keys = false;  ///< something listens there: it is about its keys, or ours
};

/// libzmq tells a key that is refused; of two ends that do not agree on encryption, the one that
/// closes first leaves the other one without a reason. So the text says what it may be.
/// @param keys  of this end; null if it has none.
HandshakeFault handshake_fault(LinkEvent event, const LinkKeys* keys, bool to_daemon);

}  // namespace rmi
