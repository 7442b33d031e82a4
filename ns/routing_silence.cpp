// Callers that stand still, or are cut off, while daemons work for them: found within a lease.
//
// Who waits for an answer reads, and answers pings: so who does neither has stopped, and its calls
// are cancelled. Counted in looks, not by the clock: a broker that was stopped itself looks once.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

// The last word may have come just before a look: so it takes one pause more than looks.
constexpr int looks = 4;
constexpr Duration shortest = std::chrono::milliseconds(300);

}  // namespace

Duration Routing::look_pause() const {
  return std::max(registry_.lease(), shortest) / (looks + 1);
}

std::optional<Time> Routing::next_look() const {
  if (calls_.size() == 0) return std::nullopt;
  return next_look_;
}

/// A first call is in flight: nobody looked while there was none.
void Routing::begin_looking(Time now) {
  if (next_look_ <= now) next_look_ = now + look_pause();
}

void Routing::look_for_silent_callers(Time now) {
  if (calls_.size() == 0 || now < next_look_) return;
  next_look_ = now + look_pause();
  std::vector<Peer> silent;
  for (auto& [peer, session] : sessions_) {
    const bool said = std::exchange(session.heard, session.messages) != session.messages;
    if (said || session.calls_made.first == 0) {
      session.silent_looks = 0;
    } else if (++session.silent_looks == looks) {
      silent.push_back(peer);
    } else if (is_gone(peer)) {
      note_gone(peer);
    }
  }
  for (const Peer peer : silent) {
    const Session& session = *session_of(peer);
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(look_pause() * looks);
    const auto how = fmt::format("waits for answers and has said nothing for {} ms", time.count());
    log({LogLevel::warning, "session-silent",
         fmt::format("{} {}; its session ends", session.label, how)});
    ++counters_.silent_callers;
    transport_.hang_up(session.origin.link);
    lose(peer, how, now);
  }
}

}  // namespace rmi::ns
