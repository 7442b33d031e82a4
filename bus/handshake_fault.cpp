// What to do about a handshake that failed.
#include "bus/handshake_fault.hpp"

#include <fmt/format.h>

namespace rmi {

HandshakeFault handshake_fault(LinkEvent event, const LinkKeys* keys, bool to_daemon) {
  if (to_daemon) return {"what listens there does not speak ZeroMQ"};
  if (keys == nullptr) {
    if (event == LinkEvent::other_mechanism)
      return {
          "the `rmi-broker` there asks for keys, and this program has none: name its key file "
          "and the broker's key with $RMI_KEY_FILE and $RMI_BROKER_KEY",
          true};
    return {
        "what listens there does not speak ZeroMQ, or asks for keys ($RMI_KEY_FILE, "
        "$RMI_BROKER_KEY)"};
  }
  if (event == LinkEvent::key_refused)
    return {fmt::format("the broker does not know this program's key {}: add it to its file of "
                        "authorized keys (`rmi-broker --authorized FILE`)",
                        keys->own.public_key),
            true};
  if (event == LinkEvent::other_mechanism)
    return {
        "what listens there has no keys, and this program wants them: start it with "
        "`rmi-broker --key FILE`, or leave out $RMI_KEY_FILE and $RMI_BROKER_KEY",
        true};
  return {fmt::format("what listens there is no `rmi-broker` with the key {}: it may have another "
                      "key, which `rmi-keys public FILE` prints there, or no keys at all",
                      keys->broker),
          true};
}

}  // namespace rmi
