// Frames that leave together, in one message, because they would leave one after the other at once.
//
// As long as requests are quick, the answer to one that came in a bundle waits for those to the
// others. A call waits for more calls as long as a thread that has helped, and so has brought about
// several ends, makes a new call for each of them at once. A oneway waits for more of them while
// each has followed the one before at once.
//
// The expectation can be wrong, or its thread lose its core. So whoever leads, or goes to work that
// is not expected to be quick, first sends what waits; and so does the stand-by, which looks after
// threads that stay away. Nothing waits without a stand-by that looks, and only oneways do while
// somebody leads: who leads sends before it receives to EAGAIN, and polls then.
#include <utility>

#include "bus/channel.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;

// So soon the stand-by sends oneways that no other has followed.
constexpr auto late = 1ms;
// A thread that has helped comes back in this time, if it only makes its calls anew.
constexpr auto quick_return = 500us;

}  // namespace

void Channel::bundle(bool taken) {
  const Lock lock(mutex_);
  takes_bundles_ = taken;
}

bool Channel::more_answers_follow() const noexcept {
  return takes_bundles_ && watching_ && leader_ == nullptr && requests_done_.expects_quick() &&
         !requests_.empty() && requests_.front().message == last_taken_;
}

/// As long as the thread that helps comes back at once, each end that it has brought about is
/// followed by a new call.
bool Channel::more_starts_follow() noexcept {
  if (starts_expected_ == 0) return false;
  --starts_expected_;
  return starts_expected_ > 0 && takes_bundles_ && watching_ && helper_returns_ &&
         helper_returned_.expects_quick();
}

void Channel::note_return() noexcept {
  helper_returned_.note(std::chrono::steady_clock::now() - unattended_since_ < quick_return);
}

/// As long as one follows the other at once, and somebody sees to the last.
bool Channel::more_oneways_follow(SteadyTime now) {
  if (!oneways_.goes_on(now) || !takes_bundles_ || work_fd_ >= 0) return false;
  if (need_workers_) wake_worker();  // one of them will stand by
  if (standby_ == nullptr) return false;
  if (!std::exchange(sends_late_, true)) alarm_.set(late);
  return true;
}

/// The stand-by does this, `late` after the first.
void Channel::send_late(SteadyTime now) {
  if (now - bundled_since_ >= Bundle::longest_wait) flush_beside_leader();
  sends_late_ = !bundle_.empty();
  if (sends_late_) alarm_.set(late);
}

bool Channel::send_alone(Frame& frame, Keeps keeps) noexcept {
  if (keeps == Keeps::no) return socket_->send(frame);
  Frame shared = frame.share();
  return socket_->send(shared);
}

/// @param keeps  whether the caller keeps the frame, too.
/// @return false when it was not taken; the caller has it still.
bool Channel::send_with_next(Frame& frame, Keeps keeps, bool more_follows, SteadyTime now) {
  if (!unsent_.empty() && !flush()) return false;
  if (bundle_.empty() && !more_follows) return send_alone(frame, keeps);
  if (!bundle_.fits(frame) && !flush()) return false;
  if (!bundle_.fits(frame)) return send_alone(frame, keeps);
  if (bundle_.empty()) bundled_since_ = now;
  keeps == Keeps::no ? bundle_.add(std::move(frame)) : bundle_.add_shared(frame);
  const bool enough = bundle_.full() || (shows_all() && bundle_.count() >= Bundle::most_over_lane);
  if (!more_follows || enough || now - bundled_since_ > Bundle::longest_wait) flush();
  return true;
}

/// @return false when something is left, because the socket takes nothing now.
bool Channel::flush() noexcept {
  if (!bundle_.empty()) {
    const bool waited = waits_for_room();
    Frame* const message = bundle_.message();
    if (message == nullptr || !socket_ || !socket_->send(*message)) {
      if (!waited && bundle_.sealed()) offer_soon();
      return false;
    }
    bundle_.clear();
  }
  for (; !unsent_.empty(); unsent_.pop_front())
    if (!socket_ || !socket_->send(unsent_.front())) return false;
  return true;
}

/// For a thread that does not lead.
void Channel::flush_beside_leader() {
  const bool sends = !bundle_.empty() || !unsent_.empty();
  flush();
  if (sends && leader_ != nullptr) receive_for_others();
}

/// Keeps what the socket has just refused.
void Channel::keep_for_room(Frame&& frame) {
  const bool waited = waits_for_room();
  unsent_.push_back(std::move(frame));
  if (!waited) offer_soon();
}

/// Whoever leads, or the loop that is not ours, offers it to the socket again from now on.
void Channel::offer_soon() noexcept {
  work_fd_ >= 0 ? notify_loop() : poke_leader();
}

/// The link has gone: callers have been told so, and those that answers are for will be.
void Channel::forget_unsent() noexcept {
  bundle_.clear();
  unsent_.clear();
}

}  // namespace rmi
