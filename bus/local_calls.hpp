// Calls to objects of the same process: no socket, the same frames.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>

#include "bus/connection.hpp"
#include "bus/served_call.hpp"
#include "bus/slot_table.hpp"

namespace rmi {

class Host;

/// The calls that one bus has begun within the process and that no thread waits for. Their ends
/// come from other hosts, on other threads, and go to a worker of this bus while there is one.
/// Thread safety: thread safe.
class LocalReturns {
 public:
  using CompletionPtr = std::shared_ptr<Channel::Completion>;
  explicit LocalReturns(Connection& connection) : connection_(connection) {}

  /// @return false when the bus has ended.
  bool expect(const CompletionPtr& call);
  /// Has run() of the call follow, on a worker or by who helps it. @return false when nobody
  /// expects it any more.
  bool deliver(const CompletionPtr& call, Channel::End end, Frame frame);
  void forget(const CompletionPtr& call);
  /// The bus ends: so does what is expected, as lost.
  void close();

  /// While it lives, the end of that call is for this thread, should it come on this thread.
  class Helper {
   public:
    explicit Helper(const CompletionPtr& call) noexcept;
    ~Helper();
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;
    /// Whether it has come: run() of the call is to follow.
    bool has_end() const noexcept { return has_end_; }

   private:
    friend class LocalReturns;
    const Channel::Completion* const call_;
    Helper* const before_;
    bool has_end_ = false;
  };

  /// Calls that wait for the first session of the bus: later ones queue behind them.
  std::atomic<std::uint32_t> early{0};

 private:
  Connection& connection_;
  std::mutex mutex_;
  std::set<CompletionPtr> expected_;
  bool closed_ = false;
};

/// Whoever waits for answers of one host. Thread safety: thread safe.
class LocalCalls final : public Route {
 public:
  explicit LocalCalls(Host& host) : host_(host) {}
  /// Makes the call on this thread if it can run now, else waits for its end.
  /// @return the reply or the error frame; nothing when the time was over.
  std::optional<Frame> call(Frame request, SteadyTime deadline, std::uint32_t session);
  struct Started {
    std::uint64_t id = 0;             ///< for abandon(); 0 when the bus of `returns` has ended
    std::weak_ptr<ServedCall> job{};  ///< for Host::help(); maybe null
  };
  /// Begins a call, which runs on a thread of the host, or on one that waits for it. `call` gets
  /// its end through `returns`.
  Started start(Frame request, std::shared_ptr<LocalReturns> returns,
                LocalReturns::CompletionPtr call);
  /// Nobody wants the end of that call any more: it is asked to stop, if it has not ended.
  void abandon(std::uint64_t id, const Channel::Completion& call);
  /// Nobody finds this host any more: what was started ends as lost.
  void close();
  bool answer(Frame& frame, std::uint64_t link, bool takes_next) override;

 private:
  struct Waiting;
  /// A thread, or a call that was started.
  struct Pending {
    Waiting* thread = nullptr;
    std::shared_ptr<LocalReturns> returns{};
    LocalReturns::CompletionPtr call{};
  };
  Host& host_;
  std::mutex mutex_;
  SlotTable<Pending> pending_;
};

/// The hosts of this process that serve names, to be found by whoever wants to call one of them.
/// Process-wide, because that is what "in process" means. Thread safety: thread safe.
class LocalHosts {
 public:
  static LocalHosts& of_process();
  void add(Host& host);
  /// Returns when nobody calls it through here any more.
  void remove(Host& host);
  /// Calls `act` with the host that serves the object at that broker, while it cannot go away.
  /// @return whether there is one.
  bool with(std::string_view broker, std::string_view object, detail::FunctionRef<void(Host&)> act);
  /// The same with a host that was found before, if it is still there.
  bool with(const Host& host, detail::FunctionRef<void(Host&)> act);

 private:
  bool with_first(detail::FunctionRef<bool(const Host&)> wanted,
                  detail::FunctionRef<void(Host&)> act);
};

}  // namespace rmi
