// Leader/followers on one socket: sending and receiving.
// Calls that a thread waits for are in channel_exchange.cpp, how threads wait in channel_wait.cpp,
// and waiting for requests in channel_workers.cpp.
#include "bus/channel.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "bus/channel_caller.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// While others send, those that do not lead look only so often.
constexpr auto look_pause = 200us;
// Whoever bundles calls looks so often at the clock: it needs half a microsecond for each of them.
constexpr std::size_t starts_per_look = 8;
// Larger answers may take long to decode: not on a thread that others count on meanwhile.
constexpr std::size_t most_helped = 4096;

}  // namespace

Channel::Channel(std::function<void()> need_workers, std::function<void(const Frame&)> unclaimed)
    : mutex_([this](CombiningMutex::Asked* oldest) { send_for_others(oldest); }),
      need_workers_(std::move(need_workers)),
      unclaimed_(std::move(unclaimed)) {}

Channel::~Channel() {
  if (work_fd_ >= 0) ::close(work_fd_);
}

Link Channel::attach(std::unique_ptr<LinkSocket> socket) {
  const Lock lock(mutex_);
  fail_pending();
  caller_poll_.unwatch();
  socket_ = std::move(socket);
  takes_bundles_ = false;
  forget_unsent();
  leaving_ = false;
  watch_socket();
  poke_leader();
  ++link_;
  if (shows_all()) caller_poll_.watch(socket_->fd(), wake_.fd(), link_);
  return link_;
}

std::unique_ptr<LinkSocket> Channel::detach() {
  const Lock lock(mutex_);
  flush();
  receive_all(nullptr);  // answers that came before the end, which was told on another way
  if (shows_all()) receive_all(nullptr);  // one that stopped at what came in one piece
  fail_pending();
  forget_unsent();
  caller_poll_.unwatch();
  if (socket_) ++link_;
  poke_leader();
  return std::move(socket_);
}

std::uint64_t Channel::start(Frame& request, Link link, std::shared_ptr<Completion> completion,
                             End& end) {
  const Lock lock(mutex_);
  end = End::not_sent;
  if (!open(link)) return 0;
  const bool awaited = completion->awaited;
  const auto id = pending_.insert({.caller = nullptr, .completion = std::move(completion)});
  ++completions_;
  if (awaited) ++awaited_;
  wire::set_call_id(request, id);
  const bool more = more_starts_follow();
  // Also where a full bundle makes room: the next one begins now.
  const bool looks = more && (bundle_.count() % starts_per_look == 0 || !bundle_.fits(request));
  const auto now = looks ? steady_clock::now() : bundled_since_;
  if (!send_with_next(request, Keeps::yes, more, now)) {
    take_pending(id);
    end = why_unsent();
    return 0;
  }
  const bool returns = worker_returns() && !(helper_returns_ && awaited);
  if (leader_ != nullptr || work_fd_ >= 0)
    receive_for_others();
  else if (followers_.first(false) == nullptr && !returns)
    wake_worker();  // somebody must read the answer
  return id;
}

std::shared_ptr<Channel::Completion> Channel::abandon(std::uint64_t id) {
  const Lock lock(mutex_);
  auto pending = take_pending(id);
  return pending ? std::move(pending->completion) : nullptr;
}

std::optional<Channel::Pending> Channel::take_pending(std::uint64_t id) {
  auto pending = pending_.take(id);
  if (pending && pending->completion) {
    --completions_;
    if (pending->completion->awaited) --awaited_;
  }
  return pending;
}

bool Channel::post(Frame& frame, Link link, bool may_wait) {
  const auto now = may_wait ? steady_clock::now() : SteadyTime{};
  const Lock lock(mutex_);
  if (!open(link)) return false;
  const bool waits = may_wait && more_oneways_follow(now);
  if (!(waits ? send_with_next(frame, Keeps::no, true, now) : send(frame))) return false;
  if (waits && bundle_.count() >= Bundle::most_oneways) flush();
  if (waits && !bundle_.empty()) return true;
  if (leader_ != nullptr || work_fd_ >= 0) receive_for_others();
  return true;
}

bool Channel::put(Frame& frame, Link link, bool takes_next) {
  Worker* worker = nullptr;
  takes_next = takes_next && works_here(worker);
  const auto now = takes_next ? steady_clock::now() : SteadyTime{};
  if (worker != nullptr) worker->answered_ = now;
  const Lock lock(mutex_);
  if (!open(link)) return false;
  if (!send_with_next(frame, Keeps::no, takes_next && more_answers_follow(), now))
    keep_for_room(std::move(frame));
  if (leader_ != nullptr || work_fd_ >= 0) receive_for_others(!takes_next);
  return true;
}

void Channel::submit(WorkPtr task) {
  const Lock lock(mutex_);
  tasks_.push_back(std::move(task));
  wake_worker();
}

/// After a send that came to nothing.
Channel::End Channel::why_unsent() const noexcept {
  return socket_->fd() < 0 ? End::not_sent : End::full;
}

/// A leader polls meanwhile and would not see what this thread has made libzmq read. If it polls
/// but briefly, because others send all the time, it sees it soon: not each of them has to look.
void Channel::receive_for_others(bool wakes) {
  if (shows_all()) return;
  last_send_ = steady_clock::now();
  const bool leader_looks = leader_ != nullptr && !polling_;
  if (work_fd_ < 0 && (leader_looks || (polls_briefly_ && last_send_ - last_look_ < look_pause)))
    return;
  last_look_ = last_send_;
  receive_all(nullptr);
  if (wakes && has_work()) wake_worker();
}

/// Receives to EAGAIN, or until `self`, who leads and will not poll again, has its answer.
void Channel::receive_all(const Caller* self) {
  Frame frame;
  while (socket_ && socket_->receive(frame)) {
    deliver(std::move(frame));
    if (self != nullptr && self->done) return;
  }
}

void Channel::deliver(Frame&& frame) {
  ++messages_;
  message_time_ = {};
  const auto parsed = wire::parse(frame.bytes());
  const auto* view = std::get_if<wire::View>(&parsed);
  if (view == nullptr) return;  // not ours to answer: the broker speaks first about versions
  if (view->header.kind != wire::Kind::bundle) return deliver_one(std::move(frame), *view);
  if (frames_in_bundle(view->payload) == 0) return;
  for_each_in(std::move(frame), view->payload, [this](Frame&& part) {
    const auto inside = wire::parse(part.bytes());
    if (const auto* one = std::get_if<wire::View>(&inside)) deliver_one(std::move(part), *one);
  });
}

/// A bundle within a bundle is nothing.
void Channel::deliver_one(Frame&& frame, const wire::View& view) {
  const wire::Kind kind = view.header.kind;
  if (kind == wire::Kind::call || kind == wire::Kind::cancel || kind == wire::Kind::gone ||
      kind == wire::Kind::watch || kind == wire::Kind::drain) {
    serves_ = serves_ || kind == wire::Kind::call;
    if (message_time_ == SteadyTime{}) message_time_ = steady_clock::now();
    requests_.push_back({std::move(frame), link_, message_time_, messages_});
    return;
  }
  // Answered right here: liveness must not wait for user code. A goodbye is returned after all that
  // was sent; what comes now waits.
  if (kind == wire::Kind::ping || kind == wire::Kind::bye) {
    if (kind == wire::Kind::ping) wire::set_kind(frame, wire::Kind::pong);
    leaving_ = leaving_ || kind == wire::Kind::bye;
    if (!send(frame)) keep_for_room(std::move(frame));
    return;
  }
  const std::uint64_t id = view.header.call_id;
  if (auto pending = take_pending(id)) {
    complete(std::move(*pending), id, End::answered, std::move(frame));
  } else if (unclaimed_) {
    unclaimed_(frame);
  }
}

void Channel::complete(Pending&& pending, std::uint64_t id, End end, Frame&& frame) {
  if (pending.completion) {
    const bool small = frame.size() <= most_helped;
    Answer& answer = pending.completion->answer;
    answer.end = end;
    answer.frame = std::move(frame);
    answer.id = id;
    if (!helped() || !small) return tasks_.push_back(std::move(pending.completion));
    if (polling_ && ended_.empty()) poke_leader();  // another thread has received it
    return ended_.push_back(std::move(pending.completion));
  }
  Caller& caller = *pending.caller;
  caller.answer.end = end;
  caller.answer.frame = std::move(frame);
  caller.done = true;
  if (!caller.listed) {  // it leads, or has not begun to wait
    // Another thread has emptied the socket, whose descriptor will not say so to the leader's poll.
    if (&caller == leader_ && polling_) poke_leader();
    return;
  }
  followers_.remove(caller);
  ++answers_given_;
  caller.tell(Waiter::done);
}

void Channel::fail_pending() {
  std::vector<std::pair<std::uint64_t, Pending>> waiting;
  pending_.for_each(
      [&](std::uint64_t id, Pending& pending) { waiting.emplace_back(id, std::move(pending)); });
  pending_.clear();
  completions_ = 0;
  awaited_ = 0;
  for (auto& [id, pending] : waiting)
    complete(std::move(pending), id, End::lost, Frame());
  requests_.clear();  // their callers have been told that the link is gone
  if (!tasks_.empty()) wake_worker();
}

}  // namespace rmi
