// Which objects have calls on their way over the first lane of the broker that belong to another
// one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace rmi {

/// Calls of one thread to one object arrive in order. So an object changes over to its lane when
/// nothing that nobody has waited for may still be on its way over the first one: no call in
/// flight, and no oneway that was not followed by a call which has been answered. Calls whose
/// threads wait do not hold it up.
/// Thread safety: thread safe.
class LaneTrails {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// One call over the first lane, until it is destroyed. May outlive the trails.
  class Call {
   public:
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    /// Its object has answered: what went before it has arrived.
    void answered() noexcept;

   private:
    friend class LaneTrails;
    struct State;
    Call(std::shared_ptr<State> state, std::string_view object, bool in_flight);
    const std::shared_ptr<State> state_;
    const std::string object_;
    const bool in_flight_;
    std::uint64_t oneways_ = 0;
  };

  LaneTrails();
  /// Whether calls of that object may take its lane.
  bool is_clear(std::string_view object, Time now);
  /// The lane did not take a call: it is not tried until then.
  void avoid(std::string_view object, Time until);
  /// A call begins over the first lane. @param waits  its thread does nothing else meanwhile.
  /// @return to be kept until it is over; null if nothing depends on that.
  std::shared_ptr<Call> begin(std::string_view object, bool waits);
  /// A oneway went over the first lane.
  void note_oneway(std::string_view object);
  /// There is one lane only.
  void clear();

 private:
  const std::shared_ptr<Call::State> state_;
};

}  // namespace rmi
