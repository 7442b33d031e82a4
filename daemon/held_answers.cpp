// Holding back, and sending what is held.
#include "daemon/held_answers.hpp"

#include <chrono>
#include <utility>

namespace rmi {

bool HeldAnswers::send(std::uint64_t peer, Frame& frame, bool more_follow) {
  if (peer_ != peer || !bundle_.fits(frame)) flush();
  if (!bundle_.fits(frame) || (bundle_.empty() && !more_follow)) return sockets_.send(peer, frame);
  const auto now = std::chrono::steady_clock::now();
  if (bundle_.empty()) {
    peer_ = peer;
    since_ = now;
  }
  bundle_.add(std::move(frame));
  const bool enough = bundle_.full() || bundle_.count() >= sockets_.most_together();
  if (!more_follow || enough || now - since_ > longest_) flush();
  return true;
}

void HeldAnswers::flush() {
  if (bundle_.empty()) return;
  Frame* const message = bundle_.message();
  if ((message == nullptr || !sockets_.send(peer_, *message)) && log_)
    log_({LogLevel::warning, "answer-lost",
          "answers that were to leave together are lost: the connection of their caller broke"});
  bundle_.clear();
}

}  // namespace rmi
