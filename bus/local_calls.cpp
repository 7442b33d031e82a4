// The way of a call that stays in its process.
#include "bus/local_calls.hpp"

#include <algorithm>
#include <condition_variable>
#include <utility>
#include <vector>

#include <rmi/detail/blocking.hpp>

#include "bus/futex.hpp"
#include "bus/host.hpp"

namespace rmi {

namespace {
thread_local LocalReturns::Helper* helper = nullptr;
}  // namespace

LocalReturns::Helper::Helper(const CompletionPtr& call) noexcept
    : call_(call.get()), before_(std::exchange(helper, this)) {}

LocalReturns::Helper::~Helper() {
  helper = before_;
}

bool LocalReturns::expect(const CompletionPtr& call) {
  const std::lock_guard lock(mutex_);
  if (!closed_) expected_.insert(call);
  return !closed_;
}

bool LocalReturns::deliver(const CompletionPtr& call, Channel::End end, Frame frame) {
  const std::lock_guard lock(mutex_);  // the bus is there until it is given back
  if (expected_.erase(call) == 0) return false;
  call->answer = {.end = end, .frame = std::move(frame)};
  if (helper != nullptr && helper->call_ == call.get())
    helper->has_end_ = true;
  else
    connection_.submit_work(call);
  return true;
}

void LocalReturns::forget(const CompletionPtr& call) {
  const std::lock_guard lock(mutex_);
  expected_.erase(call);
}

void LocalReturns::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& call : std::exchange(expected_, {})) {
    call->answer = {.end = Channel::End::lost, .frame = {}};
    connection_.submit_work(call);
  }
}

struct LocalCalls::Waiting {
  std::atomic<std::uint32_t> done{0};
  Frame answer;
};

std::optional<Frame> LocalCalls::call(Frame request, SteadyTime deadline, std::uint32_t session) {
  Waiting self;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = pending_.insert({.thread = &self});
  }
  wire::set_call_id(request, id);
  host_.call_here(std::move(request), *this, id, session);
  if (self.done.load(std::memory_order_acquire) == 0) {
    const detail::BlockingScope waits;
    while (self.done.load(std::memory_order_acquire) == 0 &&
           std::chrono::steady_clock::now() < deadline)
      futex_wait(self.done, 0, deadline);
  }
  const std::lock_guard lock(mutex_);  // answer() is out of `self` then
  if (pending_.take(id)) {
    host_.cancel_here(*this, id);
    return std::nullopt;
  }
  return std::move(self.answer);
}

LocalCalls::Started LocalCalls::start(Frame request, std::shared_ptr<LocalReturns> returns,
                                      LocalReturns::CompletionPtr call) {
  if (!returns->expect(call)) return {};
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = pending_.insert({.returns = std::move(returns), .call = std::move(call)});
  }
  wire::set_call_id(request, id);
  return {id, host_.offer_here(std::move(request), *this, id)};
}

void LocalCalls::abandon(std::uint64_t id, const Channel::Completion& call) {
  Pending abandoned;
  {
    const std::lock_guard lock(mutex_);
    const Pending* found = pending_.find(id);
    if (found == nullptr || found->call.get() != &call) return;
    abandoned = *pending_.take(id);
  }
  abandoned.returns->forget(abandoned.call);
  host_.cancel_here(*this, id);
}

void LocalCalls::close() {
  std::vector<Pending> lost;
  {
    const std::lock_guard lock(mutex_);
    pending_.for_each([&](std::uint64_t id, const Pending& pending) {
      if (pending.thread == nullptr) lost.push_back(*pending_.take(id));
    });
  }
  for (const Pending& pending : lost)
    pending.returns->deliver(pending.call, Channel::End::lost, {});
}

bool LocalCalls::answer(Frame& frame, std::uint64_t link, bool) {
  std::unique_lock lock(mutex_);
  const auto pending = pending_.take(link);
  if (!pending) return false;
  if (Waiting* thread = pending->thread; thread != nullptr) {
    thread->answer = std::move(frame);
    thread->done.store(1, std::memory_order_release);
    futex_wake_one(&thread->done);
    return true;
  }
  lock.unlock();
  return pending->returns->deliver(pending->call, Channel::End::answered, std::move(frame));
}

namespace {

struct Entry {
  Host* host;
  std::size_t users = 0;
};
struct Table {
  std::mutex mutex;
  std::condition_variable left;
  std::vector<Entry> entries;
};
Table& table() {
  static Table table;
  return table;
}

}  // namespace

LocalHosts& LocalHosts::of_process() {
  static LocalHosts hosts;
  return hosts;
}

void LocalHosts::add(Host& host) {
  Table& all = table();
  const std::lock_guard lock(all.mutex);
  all.entries.push_back({&host});
}

void LocalHosts::remove(Host& host) {
  Table& all = table();
  std::unique_lock lock(all.mutex);
  const auto find = [&] {
    return std::ranges::find_if(all.entries,
                                [&](const Entry& entry) { return entry.host == &host; });
  };
  if (find() == all.entries.end()) return;
  all.left.wait(lock, [&] { return find()->users == 0; });
  all.entries.erase(find());
  lock.unlock();
  host.local_calls().close();
}

bool LocalHosts::with(std::string_view broker, std::string_view object,
                      detail::FunctionRef<void(Host&)> act) {
  return with_first(
      [&](const Host& host) { return host.bus().broker() == broker && host.serves(object); }, act);
}

bool LocalHosts::with(const Host& host, detail::FunctionRef<void(Host&)> act) {
  return with_first([&](const Host& at) { return &at == &host; }, act);
}

bool LocalHosts::with_first(detail::FunctionRef<bool(const Host&)> wanted,
                            detail::FunctionRef<void(Host&)> act) {
  Table& all = table();
  Host* host = nullptr;
  {
    const std::lock_guard lock(all.mutex);
    const auto found =
        std::ranges::find_if(all.entries, [&](const Entry& entry) { return wanted(*entry.host); });
    if (found == all.entries.end()) return false;
    ++found->users;
    host = found->host;
  }
  const auto leave = [&] {
    const std::lock_guard lock(all.mutex);
    const auto entry =
        std::ranges::find_if(all.entries, [&](const Entry& at) { return at.host == host; });
    --entry->users;
    all.left.notify_all();
  };
  try {
    act(*host);
  } catch (...) {
    leave();
    throw;
  }
  leave();
  return true;
}

}  // namespace rmi
