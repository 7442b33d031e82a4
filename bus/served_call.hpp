// A call that this process was asked to make, from its arrival to its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <rmi/annotations.hpp>
#include <rmi/detail/recycled.hpp>

#include "bus/call_mark.hpp"
#include "bus/frame.hpp"
#include "bus/futex.hpp"
#include "bus/wire.hpp"

namespace rmi {

class Host;
class ServedObject;
struct ObjectQueue;

/// Where an answer goes: a connection, or a peer of a listener.
class Route {
 public:
  /// @param takes_next  see Channel::post().
  /// @return false when whoever waits for it is gone.
  virtual bool answer(Frame& frame, std::uint64_t link, bool takes_next) = 0;
  /// Whether the broker is at the other end. It keeps the place of a cancelled call until it hears
  /// that the call is over.
  virtual bool to_broker() const noexcept { return false; }

 protected:
  ~Route() = default;
};

/// Owned by the schedule while it waits, by a worker while it runs, and by whoever has to answer
/// it when a method answers later.
struct ServedCall {
  /// Takes a frame that wire::parse() accepts.
  void take(Frame&& arrived);
  /// It has to wait: it keeps no memory but its own meanwhile.
  void keep();

  Frame frame;
  wire::View view;  ///< of frame, but for what lies in `front`
  /// Header, names and notes of a frame that is large enough for a blob which is sent on in its
  /// own memory, and may overwrite what lies before it.
  std::vector<std::byte> front;
  Route* route = nullptr;
  std::uint64_t link = 0;
  SteadyTime received;
  SteadyTime expiry = SteadyTime::max();
  std::shared_ptr<ObjectQueue> queue;

  bool offered = false;    ///< begun in this process by somebody who may wait for it: OfferedCalls
  SteadyTime run_since{};  ///< of an offered one, while it runs

  bool oneway() const noexcept { return (view.header.flags & wire::flag::oneway) != 0; }
  std::uint32_t session() const noexcept { return view.header.session; }

  // For the Scheduler, under its owner's mutex.
  enum class State : std::uint8_t { queued, running, over };
  State state = State::queued;
  bool reported = false;   ///< the caller was told that the time is over: no answer is wanted
  bool cancelled = false;  ///< the caller gave up
  bool suspended = false;  ///< answers later: needs no thread
  unsigned blocked = 0;    ///< nested waits of its thread
  std::size_t index = 0;   ///< in the list of running calls
  std::optional<std::stop_source> stop;  ///< made when the method asks for it
  /// The last attempt to make this call, if there was one after this: it gets the answer.
  std::shared_ptr<ServedCall> newest;
  std::optional<CallMark> mark;  ///< of a call that its caller may make again

  // What rmi::context() shows; belongs to the thread that runs it.
  Host* host = nullptr;
  std::uint64_t chain = 0;  ///< of the calls that led here; 0 until one is needed
  std::string correlation;
  bool took_references = false;  ///< its arguments held some: their owners must know before it ends
  bool sent_references = false;  ///< its answer holds some
  Annotations reply_annotations;
  std::shared_ptr<void> instance;  ///< of an object with an instance for each call
};
using Job = std::shared_ptr<ServedCall>;

/// The instance that calls go to, and the calls that wait for it.
struct ObjectQueue {
  ObjectQueue(std::shared_ptr<ServedObject> served, bool may_overlap)
      : object(std::move(served)), concurrent(may_overlap) {}
  const std::shared_ptr<ServedObject> object;
  const bool concurrent;  ///< several of its calls may run at once

  std::mutex making;               ///< guards what follows
  std::shared_ptr<void> instance;  ///< made at the first call, unless there is one for all

  // For the Scheduler:
  /// Serialized: the calls that are inside. More than one only when each one after the first was
  /// made, somewhere down the line, by the one before it.
  std::vector<ServedCall*> inside;
  bool promised = false;  ///< serialized: a call of it is in line for a thread
  std::deque<Job> waiting;
};

}  // namespace rmi
