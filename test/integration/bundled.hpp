// Frames that a peer sends in one message, and what comes in one.
#pragma once

#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "bus/bundle.hpp"
#include "test/integration/raw_peer.hpp"

namespace rmi_test {

template <class... Frames>
rmi::Frame bundle_of(Frames... frames) {
  rmi::Bundle bundle;
  (bundle.add(std::move(frames)), ...);
  return std::move(*bundle.message());
}

/// The frames of a message that is a bundle.
inline std::vector<Message> frames_of(Message whole) {
  REQUIRE(whole.kind() == rmi::wire::Kind::bundle);
  REQUIRE(rmi::frames_in_bundle(whole.view.payload) != 0);
  std::vector<Message> messages;
  rmi::for_each_in(std::move(whole.frame), whole.view.payload,
                   [&](rmi::Frame part) { messages.emplace_back(std::move(part)); });
  return messages;
}

/// The frames of the next message, which is a bundle.
inline std::vector<Message> take_bundle(RawPeer& peer) {
  return frames_of(peer.take());
}

}  // namespace rmi_test
